import { ChevronLeft, ChevronRight } from "lucide-react";
import { useLocation, useSearchParams } from "react-router";
import { ButtonLink } from "./button";
import styles from "./pager.module.css";

interface PagerProps {
  after: string | null;
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

/** Steps through pages; each has its own address, so that the back button steps back too. */
export function Pager({ after, pageInfo }: PagerProps) {
  const [params] = useSearchParams();
  const location = useLocation();
  const trail = trailOf(location.state);

  function addressOf(cursor: string | null | undefined): string {
    const next = new URLSearchParams(params);
    if (cursor) next.set("after", cursor);
    else next.delete("after");
    return `?${next.toString()}`;
  }

  if (!after && !pageInfo.hasNextPage) return null;
  return (
    <nav className={styles.pager} aria-label="Pages">
      {after && (
        <ButtonLink to={addressOf(trail.at(-1))} state={{ trail: trail.slice(0, -1) }}>
          <ChevronLeft size={16} aria-hidden /> <span>{trail.length > 0 ? "Previous" : "First page"}</span>
        </ButtonLink>
      )}
      {pageInfo.hasNextPage && (
        <ButtonLink to={addressOf(pageInfo.endCursor)} state={{ trail: after ? [...trail, after] : trail }}>
          Next <ChevronRight size={16} aria-hidden />
        </ButtonLink>
      )}
    </nav>
  );
}

/** The cursors of the pages that led here. */
function trailOf(state: unknown): string[] {
  if (typeof state !== "object" || state === null || !("trail" in state)) return [];
  return Array.isArray(state.trail) ? state.trail.filter((item) => typeof item === "string") : [];
}
