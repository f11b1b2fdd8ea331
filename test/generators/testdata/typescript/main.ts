// Uses the types that openapi-typescript generated, with openapi-fetch, against
// a hellio-fake.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const [fake = "", token = ""] = process.argv.slice(2);
const number = "+233209990001";
const headers = { Authorization: `Bearer ${token}` };
const client = createClient<paths>({ baseUrl: `${fake}/v1`, headers });

await send();
await refused();
await pages();
await code();

async function send() {
  for (let n = 0; n < 3; n++) {
    const { data, error } = await client.POST("/sms/send", {
      params: { header: { "Idempotency-Key": `key-${n}` } },
      body: { recipients: [number], sender: "HELLIO", message: `Message ${n}` },
    });
    if (!data) throw new Error(error.message);
    const { status, accepted_recipients, estimated_cost } = data.data;
    console.log("send", status, accepted_recipients, estimated_cost);
  }
}

async function refused() {
  const { error, response } = await client.POST("/sms/send", {
    body: { recipients: [number], sender: "NOBODY", message: "Hello" },
  });
  if (error?.error !== "sender_not_approved") throw new Error(error?.message);
  console.log(response.status, error.error);
}

async function pages() {
  let cursor: string | null | undefined;
  do {
    const query: { per_page: number; cursor?: string } = { per_page: 2 };
    if (cursor) query.cursor = cursor;
    const { data, error } = await client.GET("/messages", { params: { query } });
    if (!data) throw new Error(error.message);
    for (const { message } of data.data) console.log("page", message);
    cursor = data.next_cursor;
  } while (cursor);
}

async function code() {
  const sent = await client.POST("/otp/send", { body: { mobile_number: number, sender: "HELLIO" } });
  console.log("otp", sent.data?.data.status);
  await verify("none");

  const answer = await fetch(`${fake}/_fake/otp/${number}`, { headers });
  const otp = (await answer.json()) as { code: string };
  await verify(otp.code);
}

async function verify(code: string) {
  const { data, error } = await client.POST("/otp/verify", { body: { mobile_number: number, code } });
  const verdict = data ?? (error && "data" in error ? error : undefined);
  console.log("verify", verdict?.data.verified, verdict?.data.status);
}
