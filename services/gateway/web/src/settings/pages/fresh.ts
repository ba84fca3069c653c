/** What is shown once after an object was made: its secrets, a user's set-up link. It lives until the page is left. */
import { createContext, useContext } from 'react';

export interface Fresh {
  id: string;
  revealed: Record<string, string>;
  invite: { link: string; expires_at: string | null } | null;
  warnings: string[];
}

export const FreshContext = createContext<[Fresh | null, (fresh: Fresh | null) => void]>([null, () => {}]);

export function useFresh() {
  return useContext(FreshContext);
}
