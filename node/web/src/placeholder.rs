//! The page of a binary that was built without pages: it says so, and what to do.

use crate::Face;
use axum::response::Html;

/// Plain HTML without script; its look is the browser's own, so that no style is needed from anywhere.
const PAGE: &str = "<!doctype html>
<html lang=\"ja\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>Musubi {ja} — 画面がまだ入っていません</title>
<h1>画面がまだ入っていません</h1>
<p>このノードは動いていますが、{ja}を組み込まずにビルドされています。</p>
<ol>
<li>ソースのフォルダーで <code>./dev web</code> を実行します。画面が作られます。</li>
<li>もう一度ビルドします（<code>./dev demo</code> または <code>cargo build</code>）。</li>
<li>ノードを起動しなおして、このページを読み込みなおします。</li>
</ol>
<hr>
<h2 lang=\"en\">The pages are not in this binary</h2>
<p lang=\"en\">The node runs, but was built without the {en}. Run <code>./dev web</code>, build again, and restart the node.</p>
</html>
";

/// The page.
pub(crate) fn page(face: Face) -> Html<String> {
    let (ja, en) = match face {
        Face::Explorer => ("監査画面", "audit explorer"),
        Face::App => ("保護者アプリ", "guardian app"),
        Face::Counter => ("窓口画面", "counter console"),
    };
    Html(PAGE.replace("{ja}", ja).replace("{en}", en))
}
