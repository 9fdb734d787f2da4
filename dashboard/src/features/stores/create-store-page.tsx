import { useSearchParams } from "react-router";
import { BackLink } from "@/components/back-link";
import { Page } from "@/components/page";
import { AskForStore } from "./ask-for-store";
import { restoreChoice } from "./restore-path";
import { RestoreStorePage } from "./restore-store-page";

/** Where a store is asked for; from a backup, if the address names one. */
export function CreateStorePage() {
  const [search] = useSearchParams();
  const choice = restoreChoice(search);
  if (choice) return <RestoreStorePage {...choice} />;
  return (
    <Page
      title="New store"
      width="narrow"
      above={<BackLink to="/stores">Stores</BackLink>}
      below="It is built in the background, and you watch it being built."
    >
      <AskForStore />
    </Page>
  );
}
