"""The guard: turns a hostile file into checked values. Nothing in the file ever runs.

A pickle is a program: whoever unpickles a model from S3 runs what its author wrote. So this reader follows the
opcodes as data. It imports nothing and calls nothing that the file names; a global of the file becomes a `Record`,
which only notes its arguments. An allowlist says which globals may occur. Shapes are checked, and costs charged to
a budget set by the file's size, before anything is built.

Read in this order:
    opcodes      refuses opcodes that reach outside the file, before any is carried out
    allowlist    lists the globals that a file may name, and the class that reads each estimator
    records      turns the opcodes into records
    arrays       turns records into NumPy arrays of listed types, whose bytes fill their shapes
    state        reads an estimator's attributes, each with the type and shape it must have
    unsupported  names the estimators that are refused by name
"""
