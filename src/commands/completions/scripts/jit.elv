# Elvish quotes what it inserts.
set edit:completion:arg-completer[jit] = { |@words|
    var index = (- (count $words) 1)
    try {
        env COMPLETE=elvish _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) jit -- $@words 2> /dev/null | from-lines
    } catch {
        nop
    }
}
