// Pictures beside words, never instead of them.

const PATHS: Record<string, string> = {
  home: "M3 11l9-8 9 8v9a1 1 0 0 1-1 1h-5v-6H9v6H4a1 1 0 0 1-1-1z",
  vaccine: "M14 3l7 7m-3.5-3.5L9 15l-3 3m0 0l-3 3m3-3l-2-2 8.5-8.5m-1 0l5 5M9 11l2 2",
  growth: "M3 20h18M4 16c4 0 4-6 8-7s5-5 9-5M4 20V4",
  consent: "M6 3h9l4 4v14H6zM9 12l2 2 4-4M9 18h7",
  looked: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zm10-3a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  menu: "M4 6h16M4 12h16M4 18h16",
  forms: "M5 3h14v18H5zM8 8h8M8 12h8M8 16h5",
  family: "M8 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm9 1a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 21c0-4 3-7 6-7s6 3 6 7m2-6c3 0 6 2 6 6",
  notices: "M6 17V11a6 6 0 1 1 12 0v6l2 2H4zm4 4h4",
  export: "M12 3v12m0 0l-4-4m4 4l4-4M4 17v4h16v-4",
  lost: "M7 2h10v20H7zM10 18h4M2 2l20 20",
  device: "M7 2h10v20H7zM11 18h2",
};

export function Icon({ name }: { name: string }) {
  return <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d={PATHS[name] ?? ""} /></svg>;
}
