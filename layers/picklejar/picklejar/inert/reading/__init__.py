"""The guard: turns a hostile file into checked values. Nothing in the file ever runs.

A pickle is a program: whoever unpickles a model runs what its author wrote. So this reader follows the opcodes as data,
and imports and calls nothing that the file names; a global becomes a `Record`, which only notes its arguments. An
allowlist says which globals may occur. Shapes are checked, and costs charged to a budget set by the file's size, before
anything is built.

Read in this order:
    opcodes      refuses opcodes that reach outside the file
    allowlist    lists the globals that a file may name, and what reads each estimator
    records      turns opcodes into records
    arrays       turns records into arrays of listed types
    state        reads an estimator's attributes, each with its type and shape
    unsupported  names the estimators that are refused by name
"""
