// What a TypeScript program does with the types; it only has to compile.
import type { components, operations } from "./api";

type Schemas = components["schemas"];
type Events = operations["list_events"]["responses"][200]["content"]["application/json"];

export const webhook: Schemas["NewWebhook"] = {
    name: "prod alerts",
    type: "slack",
    event_types: ["deploy", "parameter_*"],
    configuration: { token: "xoxb-fake-token-for-tests", channel: "infra" },
};
export const entry: Schemas["Entry"] = { provider: "teams", webhook_url: "https://…" };
export const event: Schemas["NewEvent"] = { type: "deploy", details: { commit: "9fceb02" } };
export const replacement = (read: Schemas["Webhook"]): Schemas["WebhookReplacement"] => read;
export const url = (read: Schemas["Webhook"]): string | undefined =>
    read.type === "webhook" ? read.configuration.url : undefined;
export const when = (page: Events): string | undefined => page.results[0]?.occurred_at;
export const hint = (delivery: Schemas["Delivery"]): string | null | undefined =>
    delivery.attempts[0]?.hint;
// @ts-expect-error: there is no such type of destinations.
export const wrong: Schemas["NewWebhook"] = { ...webhook, type: "pigeon" };
