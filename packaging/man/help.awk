# Turns the --help of one of our programs into a part of its man page: the whole of it, or with -v command=1 one
# subcommand. -v summary=TEXT is for the page's NAME.

function roff(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  gsub(/"/, "\\(dq", text)
  return text ~ /^[.']/ ? "\\\\&" text : text
}
function heading(text) { print (command ? ".SS \"" : ".SH \"") roff(text) "\"" }
function usage(text,  words) {
  sub(/^Usage: ([^ ]*\/)?/, "", text)
  if (command) {
    heading(text)
  } else {
    split(text, words, " ")
    print ".SH NAME\n" roff(words[1]) " \\- " roff(summary)
    print ".SH SYNOPSIS\n.B " roff(words[1]) "\n" roff(substr(text, length(words[1]) + 2))
    heading("DESCRIPTION")
  }
  print about
}
# "  --flag TEXT=1   what it does": a name, and its text if that is on the same line.
function entry(line,  at) {
  sub(/^  /, "", line)
  at = match(line, /  +/)
  print ".TP\n.B " roff(at ? substr(line, 1, at - 1) : line)
  if (at)
    print roff(substr(line, at + RLENGTH))
}

!used && /^Usage: / { usage($0); used = 1; next }
!used { about = about (about == "" ? "" : "\n.PP\n") roff($0); next }
# Every setting is a flag; these are in monopod.toml(5).
/^Settings/ { settings = 1; next }
settings { next }
/^[A-Z][A-Za-z: ]*:$/ { if (!command) heading(toupper(substr($0, 1, length($0) - 1))); next }
command && /^  -h,--help/ { next }
/^  [^ ]/ { entry($0); next }
/^   / { sub(/^ +/, ""); print roff($0); next }
/^$/ { next }
# The text after the flags, whose sentences may go over several lines.
{
  if (!noted && !command)
    heading(/^Exit code/ ? "EXIT STATUS" : "NOTES")
  else if (!noted || ended)
    print ".PP"
  noted = 1
  ended = /[.]$/
  print roff($0)
}
END {
  if (settings)
    print ".PP\nEvery key of\n.BR monopod.toml (5)\nis a flag, too:\n.BR \\-\\-log.level ."
}
