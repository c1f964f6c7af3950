# Turns the rows of `monopod config docs` into the entries of monopod.toml(5).

function roff(text) {
  gsub(/`|\*at run time\*/, "", text)
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  gsub(/"/, "\\(dq", text)
  sub(/ \(\)$/, " (changes at run time)", text)
  return text ~ /^[.']/ ? "\\\\&" text : text
}

BEGIN { FS = " \\| " }
/^\| `/ {
  sub(/^\| /, "")
  sub(/ \|$/, "")
  section = key = $1
  if (!sub(/\.[^.]*$/, "", section))
    section = "top of the file"
  if (section != last)
    print ".SS \"" roff(section) "\""
  last = section
  print ".TP\n.B " roff(key) " = " roff($2)
  print roff($4) ".\n.br\nAllowed: " roff($3) "."
}
