import { useState } from "react";
import { Button } from "@/components/button";
import type { StoreSummaryFragment } from "@/gql/graphql";
import { useCanChange } from "@/lib/viewer";
import { RenameDialog } from "./rename-dialog";
import { isLeaving } from "./store-facts";

/** The way to another title, for who may change the shop while it stays. */
export function RenameButton({ store }: { store: Pick<StoreSummaryFragment, "id" | "name" | "title" | "target"> }) {
  const canChange = useCanChange();
  const [isAsked, setAsked] = useState(false);
  if (!canChange || isLeaving(store)) return null;
  return (
    <>
      <Button look="quiet" onClick={() => setAsked(true)}>
        Rename
      </Button>
      {isAsked && <RenameDialog store={store} onClose={() => setAsked(false)} />}
    </>
  );
}
