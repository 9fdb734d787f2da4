import { HandHelping } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { Refusal } from "@/components/refusal";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { keepingFocus } from "@/lib/kept-focus";
import { dayAndTimeInside, exactTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useCanChange } from "@/lib/viewer";
import styles from "./restart-panel.module.css";
import { isLeaving } from "./store-facts";
import { TransferDialog } from "./transfer-dialog";
import { WITHDRAW_TRANSFER } from "./transfer-operations";
import { GIVE, inWords } from "./transfer-words";

/** The way to give a shop to somebody else; once it is offered, the offer. */
export function TransferPanel({ store }: { store: StoreDetailsFragment }) {
  const canChange = useCanChange();
  const now = useNow();
  const [isAsked, setAsked] = useState(false);
  if (!canChange || isLeaving(store)) return null;
  const offer = store.offer && Date.parse(store.offer.expiresAt) > now ? store.offer : null;
  return (
    <Panel title="Another owner">
      <div className={styles.parts}>
        {offer ? (
          <Offered id={store.id} name={store.title} offer={offer} />
        ) : (
          <>
            <p className={styles.hint}>You can give this shop to somebody who takes it over, with everything in it. It stays yours until they accept.</p>
            <Button ref={keepingFocus} onClick={() => setAsked(true)}>
              <HandHelping size={16} aria-hidden /> {GIVE}
            </Button>
          </>
        )}
      </div>
      {isAsked && <TransferDialog store={store} onClose={() => setAsked(false)} />}
    </Panel>
  );
}

interface OfferedProps {
  id: string;
  name: string;
  offer: NonNullable<StoreDetailsFragment["offer"]>;
}

function Offered({ id, name, offer }: OfferedProps) {
  const now = useNow();
  const [result, withdraw] = useMutation(WITHDRAW_TRANSFER);

  async function takeBack() {
    // Not disabled meanwhile, which would take the keyboard's place away.
    if (result.fetching) return;
    const refused = refusalOf(await withdraw({ input: { id } }), (data) => inWords(data.withdrawTransfer));
    if (!refused) announce(`${name} is not offered any more.`);
  }

  return (
    <>
      <p>
        {`${offer.offeredBy} offered this shop to ${offer.to}. They can accept it until `}
        <span title={exactTime(offer.expiresAt)}>{dayAndTimeInside(offer.expiresAt, now)}</span>.
      </p>
      <Button ref={keepingFocus} aria-disabled={result.fetching} onClick={takeBack}>
        Withdraw the offer
      </Button>
      <Refusal title="The offer was not withdrawn" message={refusalOf(result, (data) => inWords(data.withdrawTransfer))} />
    </>
  );
}
