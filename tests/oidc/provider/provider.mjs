// A real OpenID Connect provider (npm oidc-provider) for the tests, with switches to rotate its keys and to
// make it misbehave. Started by tests/oidc/running.py; arguments are one JSON object, the answer is one line.
//
//   modules   folder that holds node_modules
//   port      of 127.0.0.1
//   clients   client registrations
//   people    { login: { groups, email, email_verified, name } }
//
// POST /control changes at run time: people, rotate (new keys), conform (claims only by userinfo), tamper
// (claims to put into ID tokens; null takes one out), sign ("none" | "hs256" | "stranger" | "unknown-kid"),
// deny (error of the next authorization), page (answer of the token endpoint: status and HTML), iss (what the
// redirect calls itself), userinfo (claims it tells wrongly), down (all answers are 503), mint (answers a token of these claims). GET /control tells what was asked of it.
import { createServer } from 'node:http';
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const given = JSON.parse(process.argv[2]);
const load = createRequire(`${given.modules}/package.json`);
const { Provider } = await import(pathToFileURL(load.resolve('oidc-provider')));
const { SignJWT, importJWK } = await import(pathToFileURL(load.resolve('jose')));

const issuer = `http://127.0.0.1:${given.port}`;
const switches = { people: given.people, conform: false, tamper: null, sign: null, deny: null, page: null, iss: null, userinfo: null, down: false };
const asked = {};
const stores = new Map();
function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' };
}

// everything is kept here, so that a provider with new keys still knows its sessions
class Store {
  constructor(name) {
    if (!stores.has(name)) stores.set(name, new Map());
    this.rows = stores.get(name);
  }
  async upsert(id, row) { this.rows.set(id, row); }
  async find(id) { return this.rows.get(id); }
  async findByUid(uid) { return [...this.rows.values()].find((row) => row.uid === uid); }
  async findByUserCode() { return undefined; }
  async destroy(id) { this.rows.delete(id); }
  async consume(id) { this.rows.get(id).consumed = Math.floor(Date.now() / 1000); }
  async revokeByGrantId(id) {
    for (const [key, row] of this.rows) if (row.grantId === id) this.rows.delete(key);
  }
}

let keys = [newKey()];
let provider = newProvider();

function newProvider() {
  const made = new Provider(issuer, {
    adapter: Store,
    clients: given.clients,
    jwks: { keys },
    cookies: { keys: ['for tests only'] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    conformIdTokenClaims: switches.conform,
    clientBasedCORS: () => false,
    pkce: { methods: ['S256'], required: () => true },
    features: {
      devInteractions: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 3600, Grant: 3600 },
    findAccount: (_ctx, sub) => ({
      accountId: sub,
      claims: () => ({ sub, preferred_username: sub, ...switches.people[sub] }),
    }),
    // nobody is asked for consent: the company has agreed
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid profile email groups');
      await grant.save();
      return grant;
    },
  });
  made.use(misbehave);
  made.on('server_error', (_ctx, error) => process.stderr.write(`${error.stack}\n`));
  return made;
}

async function misbehave(ctx, next) {
  asked[ctx.path] = (asked[ctx.path] ?? 0) + 1;
  if (switches.down) { ctx.status = 503; ctx.body = '<h1>Maintenance</h1>'; return; }
  if (switches.deny && ctx.path === '/auth') {
    const back = new URL(ctx.query.redirect_uri);
    back.searchParams.set('error', switches.deny);
    back.searchParams.set('error_description', '<script>alert(1)</script> ask your <b>administrator</b>');
    back.searchParams.set('state', ctx.query.state);
    back.searchParams.set('iss', issuer);
    ctx.redirect(back.toString());
    return;
  }
  if (switches.page && ctx.path === '/token') {
    ctx.status = switches.page.status; ctx.type = 'html'; ctx.body = switches.page.html;
    return;
  }
  await next();
  if (ctx.path === '/token' && ctx.body?.id_token && (switches.tamper || switches.sign)) {
    ctx.body.id_token = await forged(ctx.body.id_token);
  }
  if (ctx.path === '/me' && switches.userinfo) ctx.body = { ...ctx.body, ...switches.userinfo };
  const location = ctx.response.get('location');
  if (switches.iss && location.includes('code=')) {
    const back = new URL(location);
    back.searchParams.set('iss', switches.iss);
    ctx.set('location', back.toString());
  }
}

async function forged(token) {
  const [head, body] = token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  for (const [name, value] of Object.entries(switches.tamper ?? {})) {
    if (value === null) delete body[name]; else body[name] = value;
  }
  const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  if (switches.sign === 'none') return `${encoded({ alg: 'none' })}.${encoded(body)}.`;
  if (switches.sign === 'hs256') {
    // the public key taken for a shared secret: the oldest confusion there is
    const signed = `${encoded({ alg: 'HS256', kid: head.kid })}.${encoded(body)}`;
    return `${signed}.${createHmac('sha256', keys[0].n).update(signed).digest('base64url')}`;
  }
  const key = switches.sign ? newKey() : keys[0];
  const kid = switches.sign === 'unknown-kid' ? key.kid : head.kid;
  return new SignJWT(body).setProtectedHeader({ alg: 'RS256', kid }).sign(await importJWK(key, 'RS256'));
}

// a token of any claims, properly signed
async function signed(claims, typ) {
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: keys[0].kid, typ }).sign(await importJWK(keys[0], 'RS256'));
}

async function control(request, response) {
  if (request.method === 'POST') {
    let text = '';
    for await (const part of request) text += part;
    const { rotate, mint, ...changed } = JSON.parse(text);
    if (mint) return response.end(JSON.stringify({ token: await signed(mint.claims, mint.typ) }));
    Object.assign(switches, changed);
    if (rotate) keys = [newKey()];
    if (rotate || 'conform' in changed) provider = newProvider();
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ asked, kid: keys[0].kid }));
}

createServer((request, response) => {
  if (request.url === '/control') control(request, response);
  else provider.callback()(request, response);
}).listen(given.port, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ issuer })}\n`));
