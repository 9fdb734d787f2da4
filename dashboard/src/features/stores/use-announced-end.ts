import { useEffect, useRef } from "react";
import { announce } from "@/lib/announcer";

/** Say how work ended to people who listen to the page, if it was under way before their eyes. */
export function useAnnouncedEnd(isUnderWay: boolean, words: string | undefined): void {
  const wasUnderWay = useRef(isUnderWay);
  useEffect(() => {
    if (wasUnderWay.current && words) announce(words);
    wasUnderWay.current = isUnderWay;
  }, [words, isUnderWay]);
}
