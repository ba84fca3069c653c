/** An address that leads nowhere. */
import { Anchor, Center, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Center h="100%" p="md">
      <Stack align="center">
        <Text>{t('app.notFound')}</Text>
        <Anchor component={Link} to="/">
          {t('app.backToConversations')}
        </Anchor>
      </Stack>
    </Center>
  );
}
