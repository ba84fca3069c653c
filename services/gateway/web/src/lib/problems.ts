/** One line for people about an error: what is wrong and what to do. */
import type { TFunction } from 'i18next';
import { asProblem, type Problem } from '../api/http';
import { said } from '../i18n/said';

function general(t: TFunction, problem: Problem): string {
  switch (problem.status) {
    case 0:
      return t('problem.unreachable');
    case 401:
      return t('problem.unauthenticated');
    case 403:
      return t('problem.forbidden');
    case 404:
      return t('problem.notFound');
    case 409:
    case 412:
      return t('problem.conflict');
    case 413:
      return t('problem.tooLarge');
    case 400:
    case 422:
      return t('problem.invalid');
    case 429:
      return t('problem.tooMany');
    case 502:
    case 503:
    case 504:
      return t('problem.busy');
    default:
      return t('problem.unknown');
  }
}

/** The gateway's own sentence where it has one that says more than the status does. */
export function problemText(t: TFunction, error: unknown): string {
  const problem = asProblem(error);
  const specific = problem.detail !== '' && [400, 403, 409, 413, 422, 428].includes(problem.status);
  return specific ? said(problem.detail) : general(t, problem);
}
