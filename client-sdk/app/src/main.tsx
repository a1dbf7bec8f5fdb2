// The guardian app.

import { render } from "preact";
import "./look.css";
import { useSpeech } from "./speech";

function Face() {
  const { say } = useSpeech();
  return <main class="stack"><h1>{say("title")}</h1></main>;
}

render(<Face />, document.getElementById("face")!);
