import { Compass } from "lucide-react";
import { ButtonLink } from "@/components/button";
import { Empty } from "@/components/empty";
import { Page } from "@/components/page";

/** An address that no page has. */
export function NotFoundPage() {
  return (
    <Page title="No such page">
      <Empty icon={Compass} title="There is nothing at this address" action={<ButtonLink to="/stores">Show all stores</ButtonLink>}>
        The link may be old, or mistyped.
      </Empty>
    </Page>
  );
}
