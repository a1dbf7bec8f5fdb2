import { face } from "../face.ts";

export default face("explorer");
