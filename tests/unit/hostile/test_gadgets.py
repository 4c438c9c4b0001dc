"""Whatever global a file names, and however it comes to name it: it is refused by its name, and nothing runs."""

from __future__ import annotations

import copyreg
import pickle
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from picklejar.errors import DamagedPickle, UnreadablePickle, UnsafePickle, UnsupportedEstimator
from picklejar.inert.base.estimator import InertEstimator
from picklejar.inert.reading.allowlist import RECORDED

# What scanners of pickles list, and what they are known to miss. Each line: a module, and names of it.
GADGETS = """
    os system popen execv execve execvp spawnl spawnv fork remove unlink rmdir removedirs rename putenv kill _exit
    os startfile posix_spawn listdir fdopen open environ.update
    posix system popen execv fork open unlink posix_spawn
    nt system startfile
    posixpath genericpath.os.system
    subprocess Popen run call check_call check_output getoutput getstatusoutput
    builtins eval exec compile open __import__ setattr delattr breakpoint input globals locals vars dir
    builtins help memoryview map filter apply exit quit type print classmethod property super iter next
    __builtin__ eval exec execfile compile open file __import__ reload apply input raw_input
    sys exit setprofile settrace setrecursionlimit addaudithook modules breakpointhook modules.__getitem__
    runpy run_path run_module _run_code _run_module_code _run_module_as_main
    code interact InteractiveInterpreter InteractiveInterpreter.runcode InteractiveConsole
    codeop compile_command Compile CommandCompiler
    importlib import_module reload __import__ _bootstrap._gcd_import
    importlib.machinery SourceFileLoader ExtensionFileLoader
    importlib.util spec_from_file_location module_from_spec
    pkgutil resolve_name get_data find_loader walk_packages
    pty spawn fork
    socket socket create_connection create_server getaddrinfo
    socketserver TCPServer
    shutil rmtree move copyfile chown unpack_archive make_archive which
    webbrowser open get GenericBrowser BackgroundBrowser
    asyncio run create_subprocess_shell create_subprocess_exec
    asyncio.unix_events _UnixSubprocessTransport._start
    multiprocessing Process Pool
    multiprocessing.util spawnv_passfds
    multiprocessing.managers rebuild_as_list AutoProxy
    multiprocessing.connection Client Listener
    threading Thread Timer
    _thread start_new_thread
    concurrent.futures ThreadPoolExecutor ProcessPoolExecutor
    ctypes CDLL cdll.LoadLibrary PyDLL CFUNCTYPE string_at memmove pythonapi.PyRun_SimpleString
    _ctypes dlopen call_function _SimpleCData
    cffi FFI
    marshal loads load
    types FunctionType CodeType LambdaType MethodType new_class prepare_class DynamicClassAttribute
    functools reduce partialmethod singledispatch cached_property
    _functools partial reduce cmp_to_key
    operator attrgetter methodcaller itemgetter call
    _operator attrgetter methodcaller itemgetter
    itertools starmap accumulate chain.from_iterable
    collections namedtuple UserDict ChainMap Counter
    timeit timeit main repeat Timer
    cProfile run runctx Profile.run
    profile run runctx Profile.run
    pdb run runcall runeval set_trace Pdb
    bdb Bdb Bdb.run
    trace Trace Trace.run main
    doctest debug_script debug testfile
    unittest main TestCase
    unittest.mock _importer _dot_lookup patch
    idlelib.autocomplete AutoComplete.fetch_completions AutoComplete.get_entity
    idlelib.calltip Calltip.fetch_tip get_entity
    idlelib.debugobj ObjectTreeItem.SetText
    idlelib.pyshell ModifiedInterpreter.runcode ModifiedInterpreter.runcommand
    idlelib.run Executive.runcode
    pydoc locate pipepager browse tempfilepager safeimport
    lib2to3.pgen2.grammar Grammar.loads
    lib2to3.pgen2.pgen ParserGenerator.make_label
    test.support.script_helper assert_python_ok
    distutils.core run_setup
    distutils.spawn spawn
    distutils.file_util write_file
    distutils.extension Extension
    setuptools.sandbox run_setup
    ensurepip _run_pip bootstrap
    venv create main
    zipimport zipimporter zipimporter.load_module
    zipapp create_archive
    zipfile ZipFile.extractall Path
    tarfile open TarFile.extractall
    tempfile NamedTemporaryFile mkstemp mktemp
    fileinput input FileInput
    linecache getlines updatecache
    tokenize open
    io open FileIO open_code
    _io open FileIO open_code
    pathlib Path.unlink Path.write_text PosixPath
    glob glob
    logging.config listen fileConfig dictConfig
    logging FileHandler
    logging.handlers SMTPHandler
    http.client HTTPSConnection HTTPConnection
    http.server HTTPServer test
    ssl get_server_certificate SSLContext wrap_socket
    ftplib FTP
    smtplib SMTP SMTP_SSL
    poplib POP3
    imaplib IMAP4 IMAP4_stream
    nntplib NNTP
    telnetlib Telnet
    urllib.request urlopen urlretrieve
    urllib urlopen
    urllib2 urlopen
    requests get post
    requests.api get post
    httpx get
    aiohttp.client ClientSession request
    xmlrpc.client ServerProxy
    xmlrpc.server SimpleXMLRPCServer
    pip main
    pip._internal main
    pip._internal.cli.main main
    pickle loads load Unpickler
    _pickle loads load Unpickler
    cPickle loads load
    dill loads load
    dill._dill _create_code _load_type _create_function
    cloudpickle loads
    cloudpickle.cloudpickle _make_function _builtin_type make_skel_func _make_skeleton_class subimport
    joblib load Parallel
    joblib.numpy_pickle load NumpyArrayWrapper NDArrayWrapper
    joblib._parallel_backends SafeFunction
    joblib.memory MemorizedFunc
    sklearn.externals.joblib load
    shelve open DbfilenameShelf
    dbm open
    dbm.dumb open
    sqlite3 connect
    sqlite3.dbapi2 connect
    uuid _get_command_stdout _popen
    platform popen _syscmd_file
    mailcap findmatch test
    commands getoutput getstatusoutput
    popen2 popen2 popen3
    _pyrepl.pager pipe_pager
    _osx_support _read_output
    _aix_support _read_cmd_output
    _posixsubprocess fork_exec
    bpython.cli main
    IPython start_ipython embed
    ctypes.util _findLib_gcc find_library
    site execsitecustomize addsitedir main
    sysconfig _parse_makefile
    inspect getattr_static
    ast literal_eval
    atexit register
    signal signal alarm pthread_kill
    gc get_objects get_referrers
    faulthandler _sigsegv _stack_overflow
    resource setrlimit
    mmap mmap
    fcntl ioctl
    select select
    weakref finalize
    copyreg __newobj__ __newobj_ex__ add_extension
    copy_reg __newobj__
    copy deepcopy _reconstruct
    json loads
    xml.etree.ElementTree parse
    csv reader
    codecs open decode encode lookup
    _codecs decode lookup escape_decode
    encodings search_function
    numpy load loadtxt fromfile genfromtxt save memmap frompyfunc fromregex DataSource ndarray.tofile
    numpy.testing._private.utils runstring rundocs
    numpy.testing runstring
    numpy.f2py compile run_main
    numpy.f2py.crackfortran getlincoef myeval param_eval _eval_length
    numpy.f2py.capi_maps load_f2cmap_file
    numpy.lib.npyio load DataSource
    numpy.lib._npyio_impl load DataSource
    numpy.lib._datasource open DataSource
    numpy.core.memmap memmap
    numpy.core._internal eval ast
    numpy.ctypeslib load_library
    numpy.distutils.exec_command exec_command
    numpy._core.multiarray fromfile frombuffer set_typeDict
    torch load hub.load jit.load
    torch._dynamo.guards GuardBuilder.get
    torch._inductor.codecache compile_file
    torch.fx.experimental.symbolic_shapes ShapeEnv.evaluate_guards_expression
    torch.utils._config_module ConfigModule.load_config
    torch.utils.bottleneck.__main__ run_cprofile run_autograd_prof
    torch.utils.collect_env run
    torch.utils.data.datapipes.utils.decoder basichandlers
    torch.jit.unsupported_tensor_ops execWrapper
    torch.storage _load_from_bytes
    torch.serialization load
    torch._utils _rebuild_tensor
    tensorflow py_function numpy_function
    tensorflow.python.ops.script_ops py_func
    keras.models load_model
    keras.layers Lambda
    keras.src.saving.saving_lib load_model
    transformers pipeline AutoModel.from_pretrained
    huggingface_hub hf_hub_download snapshot_download
    pandas eval read_pickle read_csv DataFrame.eval DataFrame.query DataFrame
    pandas.io.pickle read_pickle
    pandas.core.computation.eval eval
    pandas._libs.internals _unpickle_block
    scipy._lib._ccallback LowLevelCallable
    scipy.io loadmat
    scipy.interpolate interp1d
    sklearn.utils._testing set_random_state
    sklearn.utils.fixes parse_version
    sklearn.datasets load_files fetch_openml
    sklearn.datasets._base load_files
    sklearn.base clone BaseEstimator
    sklearn.utils.metaestimators available_if
    sklearn.model_selection._validation _fit_and_score
    sklearn.linear_model._base LinearRegression.__init__.__globals__ LinearRegression.fit os.system
    sklearn.linear_model LinearRegression
    sklearn os.system __builtins__
    joblib.parallel Parallel delayed
    flask Flask
    jinja2 Template
    jinja2.environment Template.from_code
    django.core.management execute_from_command_line
    yaml load unsafe_load
    ruamel.yaml load
    lxml.etree parse
    paramiko SSHClient
    fabric Connection
    boto3 client
    picklejar.live load
    picklejar.inert loads
    picklejar.inert.reading.records _Unpickler Record read
    picklejar.errors UnsafePickle
    __main__ main
    antigravity webbrowser.open
    this s
    turtledemo.__main__ main
    tkinter Tk
    tkinter.filedialog askopenfile
"""
NAMED = [(module, name) for line in GADGETS.strip().splitlines() for module, *names in [line.split()] for name in names]


def _text(text: str) -> bytes:
    encoded = text.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def _global(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _stack_global(module: str, name: str) -> bytes:
    return _text(module) + _text(name) + b"\x93"


COMMAND = _text("true")
# Every way in which a pickle makes an object of a global, each with one text to call it with.
WAYS: dict[str, Callable[[str, str], bytes]] = {
    "REDUCE": lambda *named: _global(*named) + COMMAND + b"\x85R.",
    "REDUCE of no arguments": lambda *named: _global(*named) + b")R.",
    "REDUCE within a list": lambda *named: b"](" + _global(*named) + COMMAND + b"\x85Re.",
    "STACK_GLOBAL": lambda *named: b"\x80\x04" + _stack_global(*named) + COMMAND + b"\x85R.",
    "STACK_GLOBAL from the memo": lambda module, name: (
        b"\x80\x04" + _text(name) + b"\x940" + _text(module) + b"\x940h\x01h\x00\x93" + COMMAND + b"\x85R."
    ),
    "STACK_GLOBAL in a frame": lambda *named: (
        b"\x80\x04\x95" + struct.pack("<Q", len(_stack_global(*named)) + 1) + _stack_global(*named) + b"."
    ),
    "NEWOBJ": lambda *named: b"\x80\x02" + _global(*named) + COMMAND + b"\x85\x81.",
    "NEWOBJ_EX": lambda *named: b"\x80\x04" + _global(*named) + COMMAND + b"\x85}\x92.",
    "BUILD": lambda *named: _global(*named) + b"}" + COMMAND + b"Nsb.",
    "BUILD of slots": lambda *named: _global(*named) + b"N}" + _text("__call__") + b"Ns\x86b.",
    "INST": lambda module, name: b"(" + COMMAND + f"i{module}\n{name}\n.".encode(),
    "as a state": lambda *named: b"csklearn.linear_model._base\nLinearRegression\n)\x81" + _global(*named) + b"b.",
    "as an item": lambda *named: b"}" + COMMAND + _global(*named) + b"s.",
    "and taken away": lambda *named: _global(*named) + b"0N.",
}


def test_the_list_is_long() -> None:
    assert len(set(NAMED)) >= 400


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_gadget_is_refused_by_name(way: Callable[[str, str], bytes], attempt: Callable[..., Any]) -> None:
    for module, name in NAMED:
        error = attempt(way(module, name))
        assert isinstance(error, UnsafePickle), (module, name)
        shown = module.replace("numpy.core", "numpy._core").replace("__builtin__", "builtins")
        assert f"{shown.replace('copy_reg', 'copyreg')}.{name}" in str(error) or f"{module}.{name}" in str(error)


@pytest.mark.parametrize(("module", "name"), [("os", "system"), ("builtins", "eval"), ("numpy", "load")])
def test_an_object_made_by_obj_is_refused(module: str, name: str, attempt: Callable[..., Any]) -> None:
    assert isinstance(attempt(b"(" + _global(module, name) + COMMAND + b"o."), UnsafePickle)


REGRESSOR = "sklearn.linear_model._base"
ODD = {
    "attributes of a class that is read": (REGRESSOR, "LinearRegression.__init__.__globals__"),
    "attributes of a module": ("numpy", "ndarray.__class__.__base__.__subclasses__"),
    "a name within a name": (REGRESSOR, "LinearRegression.fit"),
    "a name cut short": (REGRESSOR, "LinearRegressio"),
    "an empty name": (REGRESSOR, ""),
    "an empty module": ("", "LinearRegression"),
    "nothing": ("", ""),
    "dots": ("..", ".."),
    "a space": (REGRESSOR, " LinearRegression"),
    "a null": (REGRESSOR, "LinearRegression\0"),
    "a newline": (REGRESSOR, "LinearRegression\n"),
    "another alphabet": (REGRESSOR, "L\u0456nearRegression"),
    "full width": (REGRESSOR, "\uff2cinearRegression"),
    "half of a surrogate pair": ("os", "\udc80system"),
    "a terminal's escape": ("os", "\x1b[2Jsystem"),
    "a name of 2 MB": ("os", "system" * 333_333),
    "a module of 2 MB": ("os." * 666_666, "system"),
    "numpy.core twice": ("numpy.core.numpy.core", "load"),
    "a prefix of numpy.core": ("numpy.corex", "ndarray"),
}


@pytest.mark.parametrize(("module", "name"), ODD.values(), ids=ODD.keys())
def test_an_odd_name_is_refused_in_a_short_printable_sentence(
    module: str, name: str, attempt: Callable[..., Any]
) -> None:
    assert isinstance(attempt(b"\x80\x04" + _stack_global(module, name) + b")R."), UnsafePickle)


ODD_TEXT = {
    "no text": b"\x80\x04K\x01K\x02\x93.",
    "bytes": b"\x80\x04C\x02osC\x06system\x93.",
    "a list": b"\x80\x04]]\x93.",
    "no UTF-8": b"c\xff\xfe\nsystem\n.",
    "no second line": b"cos\nsystem",
    "a line without end": b"cos",
    "no line": b"c",
}


@pytest.mark.parametrize("data", ODD_TEXT.values(), ids=ODD_TEXT.keys())
def test_a_name_that_is_no_text_is_damage(data: bytes, attempt: Callable[..., Any]) -> None:
    assert isinstance(attempt(data), DamagedPickle)


OUTSIDE = {
    "a persistent id": b"Psomewhere\n.",
    "a persistent id of the stack": b"\x80\x02" + COMMAND + b"Q.",
    "the next buffer": b"\x80\x05\x97.",
    "a read-only buffer": b"\x80\x05\x97\x98.",
    "an extension's code": b"\x80\x02\x82\xf0" + COMMAND + b"\x85R.",
    "an extension's code of two bytes": b"\x80\x02\x83\xf0\x00.",
    "an extension's code of four bytes": b"\x80\x02\x84\xf0\x00\x00\x00.",
}


@pytest.fixture
def extension() -> Iterator[list[str]]:
    """A function registered with copyreg under the code 240, and cached there as after its first use."""
    calls: list[str] = []
    copyreg.add_extension("builtins", "print", 240)
    copyreg._extension_cache[240] = calls.append  # type: ignore[attr-defined]
    yield calls
    copyreg.remove_extension("builtins", "print", 240)
    copyreg._extension_cache.pop(240, None)  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_what_reaches_outside_the_file_is_refused(
    data: bytes, attempt: Callable[..., Any], extension: list[str]
) -> None:
    assert isinstance(attempt(data), UnsafePickle)
    assert not extension


def _across(head: bytes, tail: bytes) -> bytes:
    """Return a pickle with a frame that ends within an argument, of which the C unpickler drops the part before."""
    return b"\x80\x04\x95" + struct.pack("<Q", len(head)) + head + tail


# After `M`, an integer of two bytes, one byte of it in the frame, C goes on at the third byte after the frame; who
# takes the bytes as they stand, at the second: there a C, for so many bytes as the third says.
EXT1 = b"\x82"
ACROSS = {
    "an extension": _across(b"M\x01", b"\x00C" + EXT1 + b"\xf0" + COMMAND + b"\x85R." + b"N" * 118 + b"."),
    "a line": _across(b"I1", b"\nN."),
    "a length": _across(b"X\x04\x00", b"\x00\x00abcd."),
    "a frame in a frame": b"\x80\x04\x95" + struct.pack("<Q", 10) + b"\x95" + struct.pack("<Q", 2) + b"N.",
    "a frame that ends in a frame's length": _across(b"\x95\x02\0\0", b"\0\0\0\0\0N."),
}


@pytest.mark.parametrize("data", ACROSS.values(), ids=ACROSS.keys())
def test_what_the_c_unpickler_would_read_otherwise_is_refused(
    data: bytes, attempt: Callable[..., Any], extension: list[str]
) -> None:
    assert isinstance(attempt(data), DamagedPickle)
    assert not extension


def test_the_extension_would_have_been_called(extension: list[str]) -> None:
    pickle.loads(ACROSS["an extension"])
    assert not extension
    pickle.Unpickler(__import__("io").BytesIO(ACROSS["an extension"])).load()
    assert extension == ["true"]


SETS_STATE = {
    "a class": b"csklearn.linear_model._base\nLinearRegression\n",
    "a maker of objects": b"ccopyreg\n_reconstructor\n",
    "a maker of bytes": b"c_codecs\nencode\n",
    "a type": b"cnumpy\ndtype\n",
    "a plain value": b"]",
}


@pytest.mark.parametrize("state", [b"}" + COMMAND + b"Ns", b"N}" + COMMAND + b"Ns\x86", b"N"], ids=repr)
@pytest.mark.parametrize("owner", SETS_STATE.values(), ids=SETS_STATE.keys())
def test_no_file_changes_what_the_next_one_meets(
    owner: bytes, state: bytes, attempt: Callable[..., Any], regressor: bytes
) -> None:
    assert isinstance(attempt(b"\x80\x02" + owner + state + b"b."), DamagedPickle)
    assert isinstance(attempt(regressor), InertEstimator)


PYTHON_2 = b"c__builtin__\nxrange\n.", b"ccopy_reg\n_reconstructor\n.", b"c__builtin__\nunicode\n."


@pytest.mark.parametrize("data", PYTHON_2, ids=repr)
def test_the_names_of_python_2_make_nothing(data: bytes, attempt: Callable[..., Any]) -> None:
    assert isinstance(attempt(data), DamagedPickle)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_function_that_a_file_may_name_is_noted_and_never_called(
    way: Callable[[str, str], bytes], attempt: Callable[..., Any]
) -> None:
    called = [name for name in RECORDED if name.rpartition(".")[2][:1].islower()]
    assert "functools.partial" in called
    for name in called:
        module, _, last = name.rpartition(".")
        assert isinstance(attempt(way(module, last)), UnreadablePickle), name


def test_an_estimator_that_is_not_read_is_refused_as_such(attempt: Callable[..., Any]) -> None:
    data = b"csklearn.preprocessing._function_transformer\nFunctionTransformer\n)\x81}X\x04\x00\x00\x00func"
    assert isinstance(attempt(data + b"cos\nsystem\nsb."), UnsupportedEstimator | UnsafePickle)
