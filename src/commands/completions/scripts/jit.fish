# fish quotes what it inserts.
complete --keep-order --exclusive --command jit --arguments "(COMPLETE=fish jit -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2> /dev/null)"
