/** Keeps a failing part of the page from taking the rest with it. */
import { Alert, Button, Stack, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { type WithTranslation, withTranslation } from 'react-i18next';

interface Props extends WithTranslation {
  children: ReactNode;
}

class GuardBase extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    const { t, children } = this.props;
    if (!this.state.failed) return children;
    return (
      <Alert color="red" title={t('app.crashed')} m="md" role="alert">
        <Stack align="flex-start">
          <Text size="sm">{t('app.crashedHint')}</Text>
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            {t('app.reload')}
          </Button>
        </Stack>
      </Alert>
    );
  }
}

export const Guard = withTranslation()(GuardBase);
