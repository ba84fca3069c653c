/** Short messages in the corner of the page. */
import { notifications } from '@mantine/notifications';
import i18next from 'i18next';
import { problemText } from './problems';

export function toast(message: string): void {
  notifications.show({
    message,
    autoClose: 4000,
    color: 'teal',
    closeButtonProps: { 'aria-label': i18next.t('app.close') },
  });
}

export function toastProblem(error: unknown): void {
  notifications.show({
    title: i18next.t('problem.failed'),
    message: problemText(i18next.t, error),
    color: 'red',
    autoClose: 8000,
    closeButtonProps: { 'aria-label': i18next.t('app.close') },
  });
}
