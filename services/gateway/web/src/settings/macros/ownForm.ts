/** The form of a macro without what is not one's own to choose: whose it is, its place, webhooks one cannot name. */
import type { KindInfo } from '../../api/types';
import { record, type Wire } from '../../api/wire';

const ADMINS_ONLY = 'call_webhook';

export function ownForm(info: KindInfo, admin: boolean): KindInfo {
  const { user: _user, position: _position, ...properties } = record(info.schema.properties);
  const actions = record(properties.actions);
  const items = record(actions.items);
  return {
    ...info,
    schema: {
      ...info.schema,
      properties: admin ? properties : { ...properties, actions: { ...actions, items: without(items) } },
    },
  };
}

/** A union with one kind less. */
function without(items: Wire): Wire {
  const discriminator = record(items.discriminator);
  const { [ADMINS_ONLY]: gone, ...mapping } = record(discriminator.mapping);
  const oneOf = Array.isArray(items.oneOf) ? items.oneOf.filter((one) => record(one).$ref !== gone) : [];
  return { ...items, oneOf, discriminator: { ...discriminator, mapping } };
}
