import { CreditCard, ExternalLink, KeyRound, type LucideIcon, PackagePlus } from "lucide-react";
import type { ReactNode } from "react";
import { Panel } from "@/components/panel";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { AdminPassword } from "./admin-password";
import { isNew } from "./store-facts";
import styles from "./what-next.module.css";

/** What a merchant does with a shop that is ready, each with the way there. */
export function WhatNext({ store, onNewPassword }: { store: StoreDetailsFragment; onNewPassword: () => void }) {
  return (
    <Panel title="What next">
      <ol className={styles.list}>
        <Item icon={ExternalLink} title="Open the shop" href={store.url}>
          <p className={styles.hint}>See it as shoppers see it.</p>
        </Item>
        <Item icon={KeyRound} title="Sign in to its admin" href={store.adminUrl}>
          <AdminPassword store={store} onNew={onNewPassword} />
        </Item>
        {!store.isCopy && isNew(store) && <FirstSteps admin={store.adminUrl} />}
      </ol>
    </Panel>
  );
}

/** What an empty shop needs before it sells. A copy sells nothing, and what was restored or paused is not empty. */
function FirstSteps({ admin }: { admin: string | null | undefined }) {
  return (
    <>
      <Item icon={CreditCard} title="Set up payment" href={admin}>
        <p className={styles.hint}>Choose how shoppers pay: in the admin, under its settings.</p>
      </Item>
      <Item icon={PackagePlus} title="Add the first product" href={admin}>
        <p className={styles.hint}>Give it a name, a picture and a price: in the admin, under Products.</p>
      </Item>
    </>
  );
}

interface ItemProps {
  icon: LucideIcon;
  title: string;
  href: string | null | undefined;
  children: ReactNode;
}

function Item({ icon: Icon, title, href, children }: ItemProps) {
  return (
    <li className={styles.item}>
      <span className={styles.mark}>
        <Icon size={16} aria-hidden />
      </span>
      <div className={styles.text}>
        <h3>
          {href ? (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {title}
            </a>
          ) : (
            title
          )}
        </h3>
        {children}
      </div>
    </li>
  );
}
