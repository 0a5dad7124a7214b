# Elvish quotes what it inserts.
set edit:completion:arg-completer[jit] = { |@words|
    var index = (- (count $words) 1)
    var dashes = 0
    for at [(range 1 $index)] {
        if (and (eq $dashes 0) (eq $words[$at] '--') (has-value $words[..$at] exec)) {
            set dashes = $at
        }
    }
    if (> $dashes 0) {
        # Behind the two dashes of `jit exec` stands another command line, whose files are completed.
        edit:complete-filename $@words
    } else {
        try {
            env COMPLETE=elvish _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) jit -- $@words 2> /dev/null | from-lines
        } catch {
            nop
        }
    }
}
