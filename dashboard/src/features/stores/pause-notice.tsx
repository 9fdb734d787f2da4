import { CirclePlay } from "lucide-react";
import { useMutation } from "urql";
import { Button } from "@/components/button";
import { Notice } from "@/components/notice";
import { Refusal } from "@/components/refusal";
import type { Role, StoreDetailsFragment } from "@/gql/graphql";
import { announce } from "@/lib/announcer";
import { refusalOf } from "@/lib/graphql/refusal-of";
import { keepingFocus } from "@/lib/kept-focus";
import { dayAndTimeInside, exactTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useCanChange } from "@/lib/viewer";
import { RESUME_STORE } from "./operations";
import { inWords, OPEN_AGAIN, pauseRemedyOf, WHAT_IS_KEPT, WHAT_VISITORS_SEE } from "./pause-words";
import { canBeOpened, isLeaving, isPauseGivenUp, isPausing, isReopening, isRestoring, outputOfFailure } from "./store-facts";
import { useAnnouncedEnd } from "./use-announced-end";
import { WhyFailed } from "./why-failed";

interface PauseNoticeProps {
  store: StoreDetailsFragment;
  /** What the person may do, once it is known. */
  role: Role | undefined;
}

/** Tells of a shop that is paused, or is being paused or opened again, and of one where that failed. */
export function PauseNotice({ store, role }: PauseNoticeProps) {
  // Other ends are a status, which is said by itself.
  useAnnouncedEnd(isPausing(store), isPauseGivenUp(store) ? `${store.title} was not paused.` : undefined);
  if (isLeaving(store)) return null;
  if (store.status === "SUSPENDED") return <Paused store={store} role={role} />;
  if (isPausing(store)) return <BeingPaused />;
  if (isPauseGivenUp(store) && canBeOpened(store)) return <NotPaused store={store} role={role} />;
  if (isReopening(store) && !isRestoring(store)) return <BeingOpened />;
  if (store.status === "FAILED" && store.suspendedAt) return <NotOpened />;
  return null;
}

function Paused({ store, role }: PauseNoticeProps) {
  const canChange = useCanChange();
  const now = useNow();
  const [result, resume] = useMutation(RESUME_STORE);

  async function openAgain() {
    // Not disabled meanwhile, which would take the keyboard's place away.
    if (result.fetching) return;
    const refused = refusalOf(await resume({ input: { id: store.id } }), (data) => inWords(data.resumeStore));
    if (!refused) announce(`${store.title} is being opened again.`);
  }

  return (
    <>
      <Notice
        tone="waiting"
        title="This shop is paused"
        actions={
          canChange && (
            <Button ref={keepingFocus} look="primary" aria-disabled={result.fetching} onClick={openAgain}>
              <CirclePlay size={16} aria-hidden /> {OPEN_AGAIN}
            </Button>
          )
        }
      >
        {store.suspendedAt && <p title={exactTime(store.suspendedAt)}>{`Since ${dayAndTimeInside(store.suspendedAt, now)}.`}</p>}
        <p>{WHAT_VISITORS_SEE}</p>
        <p>{WHAT_IS_KEPT}</p>
        {role === "VIEWER" && <p>Your role may look only: the shop’s owner, or whoever runs the platform, can open it again.</p>}
      </Notice>
      <Refusal title="The shop was not opened" message={refusalOf(result, (data) => inWords(data.resumeStore))} />
    </>
  );
}

function BeingPaused() {
  return (
    <Notice tone="progress" title="This shop is being paused">
      <p>{`${WHAT_VISITORS_SEE} Then it is stopped, and everything in it is kept.`}</p>
    </Notice>
  );
}

function BeingOpened() {
  return (
    <Notice tone="progress" title="This shop is being opened again">
      <p>It starts with everything that was in it. Until it is ready visitors see that it will be back soon.</p>
    </Notice>
  );
}

/** Why a shop is open as before, though it should have been paused. */
function NotPaused({ store: { operation, steps }, role }: PauseNoticeProps) {
  const reason = operation?.reason;
  return (
    <Notice tone="failed" title="The shop was not paused">
      <p>It could not be stopped, so it is open as before.</p>
      <WhyFailed reason={reason} output={outputOfFailure(steps)} remedy={pauseRemedyOf(reason?.code, role)} role={role} />
    </Notice>
  );
}

/** What became of a paused shop that failed when it was opened again; why it failed stands beside this. */
function NotOpened() {
  return (
    <Notice tone="waiting" title="This shop was paused, and could not be opened again">
      <p>{WHAT_IS_KEPT}</p>
    </Notice>
  );
}
