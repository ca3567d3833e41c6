"""Names that people and files may bring, each of which tries to be more than text on a page."""

from __future__ import annotations

ALARM = "window.harmed=1"
NAMES = (
    f"<script>{ALARM}</script>",
    f"</script><script>{ALARM}</script>",
    f"<!--<script>{ALARM}//-->",
    f"]]><script>{ALARM}</script>",
    f"<img src=x onerror={ALARM}>",
    f"<svg onload={ALARM}>",
    f"<svg><script>{ALARM}</script></svg>",
    f"</title><script>{ALARM}</script>",
    f"</style><script>{ALARM}</script>",
    f"</textarea><script>{ALARM}</script>",
    f'" onmouseover="{ALARM}" autofocus onfocus="{ALARM}" x="',
    f"' onfocus='{ALARM}' autofocus='",
    f'"><body onload={ALARM}>',
    f"javascript:{ALARM}",
    f"data:text/html,<script>{ALARM}</script>",
    f"<a href='javascript:{ALARM}'>x</a>",
    f"<iframe srcdoc='<script>parent.{ALARM}</script>'>",
    f"<details open ontoggle={ALARM}>",
    f"{{{{ ''.__class__ }}}}{{% raw %}}<script>{ALARM}</script>",
    f"${{{ALARM}}}`-{ALARM}-`",
    f"\\u003cscript\\u003e{ALARM}\\u003c/script\\u003e",
    f"&lt;script&gt;{ALARM}&lt;/script&gt;",
    f"&#60;script&#62;{ALARM}",
    f"x\u2028{ALARM}\u2029",
    f'"}};{ALARM};{{"',
    f"'+{ALARM}+'",
    f"--{ALARM};background:url(http://example.org/)",
    "<link rel=stylesheet href=http://example.org/a.css>",
    "<img src=http://example.org/a.png>",
    "<base href=http://example.org/><meta http-equiv=refresh content=0;url=http://example.org/>",
    f"<math><mtext></table><mglyph><style><img src=x onerror={ALARM}>",
    "\u202etxt.exe\u200b\ufeff=cmd|' /C calc'!A0",
)
"""Thirty and some; none has a tab or a line's end, which no contig of a FASTA has."""
