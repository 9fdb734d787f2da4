import { useEffect } from "react";

/** Name the browser's tab after the page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · store-platform`;
  }, [title]);
}
