import { face, offline } from "../face.ts";

export default face("counter", [offline()]);
