import { useState } from "react";
import { useNavigate } from "react-router";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions, DialogForm } from "@/components/dialog-form";
import { Notice } from "@/components/notice";
import { Refusal } from "@/components/refusal";
import type { OfferedStoresQuery } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { useLiveQuery } from "@/lib/graphql/use-live-query";
import { dayAndTimeInside, exactTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useCanChange } from "@/lib/viewer";
import { needsInWords } from "./plan-words";
import { ACCEPT_TRANSFER, DECLINE_TRANSFER, OFFERED_STORES } from "./transfer-operations";
import { inWords, WHAT_TO_DO } from "./transfer-words";
import { useSoftwareName } from "./use-software-label";

type Offer = OfferedStoresQuery["offeredStores"][number];

/** The shops that somebody offers to the person, each with the answers to it. */
export function OffersNotice() {
  const { data } = useLiveQuery({ query: OFFERED_STORES, variables: {} });
  const canChange = useCanChange();
  return data?.offeredStores.map((offer) => <OneOffer key={offer.storeId} offer={offer} canChange={canChange} />);
}

function OneOffer({ offer, canChange }: { offer: Offer; canChange: boolean }) {
  const now = useNow();
  const nameOf = useSoftwareName();
  const [isAsked, setAsked] = useState(false);
  const [result, decline] = useMutation(DECLINE_TRANSFER);

  async function refuse() {
    // Not disabled meanwhile, which would take the keyboard's place away.
    if (result.fetching) return;
    const refused = refusalOf(await decline({ input: { id: offer.storeId } }), (data) => inWords(data.declineTransfer));
    if (!refused) announce(`You declined the shop ${offer.storeName}.`);
  }

  const answers = (
    <>
      <Button aria-disabled={result.fetching} onClick={refuse}>
        Decline
      </Button>
      <Button look="primary" onClick={() => setAsked(true)}>
        Accept
      </Button>
    </>
  );
  return (
    <>
      <Notice tone="progress" title={`${offer.offeredBy} offers you the shop ${offer.storeName}`} actions={canChange && answers}>
        <p>
          {`A shop of ${nameOf(offer.engine)}${offer.resources ? ` (${needsInWords(offer.resources)})` : ""}. You can accept it until `}
          <span title={exactTime(offer.expiresAt)}>{dayAndTimeInside(offer.expiresAt, now)}</span>.
        </p>
        {!canChange && <p>Your role may look only: ask whoever runs the platform for another one.</p>}
      </Notice>
      <Refusal title="The offer was not declined" message={refusalOf(result, (data) => inWords(data.declineTransfer))} />
      {isAsked && <AcceptDialog offer={offer} onClose={() => setAsked(false)} />}
    </>
  );
}

function AcceptDialog({ offer, onClose }: { offer: Offer; onClose: () => void }) {
  const navigate = useNavigate();
  const [result, accept] = useMutation(ACCEPT_TRANSFER);

  async function submit() {
    const answer = await accept({ input: { id: offer.storeId } });
    if (refusalOf(answer, (data) => inWords(data.acceptTransfer))) return;
    announce(`The shop ${offer.storeName} is yours. ${WHAT_TO_DO}`);
    await navigate(`/stores/${offer.storeId}`);
  }

  return (
    <Dialog title={`Take over ${offer.storeName}?`} onClose={onClose}>
      <DialogForm onSubmit={submit}>
        <p>The shop is yours then, with its history, its backups and its copies. They count among the shops that you may have.</p>
        <p>
          <strong>{WHAT_TO_DO}</strong>
        </p>
        <Refusal title="The shop is not yours" message={refusalOf(result, (data) => inWords(data.acceptTransfer))} />
        <DialogActions>
          <Button onClick={onClose}>Not now</Button>
          <Button type="submit" look="primary" disabled={result.fetching}>
            {result.fetching ? "Taking over …" : "Take it over"}
          </Button>
        </DialogActions>
      </DialogForm>
    </Dialog>
  );
}
