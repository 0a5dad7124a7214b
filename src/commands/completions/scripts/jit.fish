# Behind the two dashes of `jit exec` stands another command line.
function __jit_command_follows
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    contains -- -- $words; and contains -- exec $words
end
function __jit_command
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    set --local dashes (contains --index -- -- $words)
    set --local line ""
    for word in $words[(math $dashes + 1)..]
        set line "$line"(string escape -- $word)" "
    end
    set --local token (commandline --current-token --cut-at-cursor)
    complete --do-complete "$line$token"
end
# fish quotes what it inserts.
complete --keep-order --exclusive --command jit --condition "not __jit_command_follows" --arguments "(COMPLETE=fish jit -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2> /dev/null)"
complete --keep-order --exclusive --command jit --condition __jit_command_follows --arguments "(__jit_command)"
