import { face, offline } from "../face.ts";

export default face("app", [offline()]);
