// The steps of a Flow endpoint and nothing else: signature, RSA-OAEP, AES-GCM, a fixed answer, sealed.
const crypto = require("node:crypto");
const express = require("express");

const key = crypto.createPrivateKey(Buffer.from(process.env.WHATSAPP_FLOW_PRIVATE_KEY, "base64"));
const secret = process.env.WHATSAPP_APP_SECRET;
const answer = Buffer.from(process.env.PEER_ANSWER, "base64");

const app = express();
app.get("/", (request, response) => response.send("ok"));
app.post("/flow", express.raw({ type: () => true }), (request, response) => {
  const claimed = Buffer.from((request.get("X-Hub-Signature-256") || "").replace("sha256=", ""), "hex");
  const expected = crypto.createHmac("sha256", secret).update(request.body).digest();
  if (claimed.length !== expected.length || !crypto.timingSafeEqual(claimed, expected)) return response.status(432).end();
  const outer = JSON.parse(request.body.toString());
  const aesKey = crypto.privateDecrypt(
    { key, padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
    Buffer.from(outer.encrypted_aes_key, "base64"),
  );
  const iv = Buffer.from(outer.initial_vector, "base64");
  const sealed = Buffer.from(outer.encrypted_flow_data, "base64");
  const opening = crypto.createDecipheriv("aes-128-gcm", aesKey, iv);
  opening.setAuthTag(sealed.subarray(-16));
  JSON.parse(Buffer.concat([opening.update(sealed.subarray(0, -16)), opening.final()]).toString());
  const closing = crypto.createCipheriv("aes-128-gcm", aesKey, Buffer.from(iv.map((byte) => byte ^ 0xff)));
  const text = Buffer.concat([closing.update(JSON.stringify(JSON.parse(answer))), closing.final(), closing.getAuthTag()]);
  response.type("text/plain").send(text.toString("base64"));
});
app.listen(Number(process.env.PEER_PORT), "127.0.0.1");
