/** What every field of a form needs to know: errors, words, and which secrets are set. */
import { createContext, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import type { FieldError } from '../../api/http';
import { fieldWords } from '../../lib/fields';

interface FormContext {
  errors: readonly FieldError[];
  /** Dotted paths of the secrets that the stored object has. */
  secrets: readonly string[];
}

const Context = createContext<FormContext>({ errors: [], secrets: [] });

export const FormProvider = Context.Provider;

export function useForm(): FormContext {
  return useContext(Context);
}

/** What the gateway said about this field. Inside a union it may name the variant in the path too. */
export function useFieldError(paths: readonly string[]): string | null {
  const { t } = useTranslation();
  const { errors } = useForm();
  const found = errors.filter(({ field }) => paths.includes(field));
  return found.length ? found.map((error) => fieldWords(t, error)).join(' ') : null;
}

export function inside(paths: readonly string[], ...names: string[]): string[] {
  return paths.flatMap((path) =>
    names.map((name) => (path === '' ? name : name === '' ? path : `${path}.${name}`)),
  );
}
