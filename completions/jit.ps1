# The words are passed on as they were read, and never evaluated: who presses Tab has not said that the line is to run.
Register-ArgumentCompleter -Native -CommandName jit -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @()
    foreach ($element in $commandAst.CommandElements) {
        $start = $element.Extent.StartOffset
        if ($start -ge $cursorPosition) { break }
        $word = $element.Extent.Text
        $word = $word.Substring(0, [math]::Min($cursorPosition - $start, $word.Length))
        if ($word -match '^([''"])(.*)$') {
            $quote = $Matches[1]
            $word = $Matches[2]
            if ($word.EndsWith($quote)) { $word = $word.Substring(0, $word.Length - 1) }
        }
        $words += $word
    }
    # Behind the two dashes of `jit exec` PowerShell completes files by itself, where nothing is offered here.
    $dashes = [array]::IndexOf($words, '--')
    $typed = $words.Count
    if ($wordToComplete -ne '') { $typed = $typed - 1 }
    if ($dashes -gt 0 -and $dashes -lt $typed -and $words[0..$dashes] -contains 'exec') { return }

    # An empty word at the end is left out: older versions lose it on the way, and the index tells.
    $index = $words.Count
    if ($wordToComplete -ne '') { $index = $index - 1 }

    $before = $env:COMPLETE, $env:_CLAP_COMPLETE_INDEX
    try {
        $env:COMPLETE = 'powershell'
        $env:_CLAP_COMPLETE_INDEX = "$index"
        $results = @(& jit -- $words 2> $null)
    } finally {
        # What was not set before is $null, which unsets it.
        $env:COMPLETE = $before[0]
        $env:_CLAP_COMPLETE_INDEX = $before[1]
    }
    foreach ($result in $results) {
        $value, $help = $result.Split("`t", 2)
        if (-not $value) { continue }
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}
