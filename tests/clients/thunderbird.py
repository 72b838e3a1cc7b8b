"""Drive a real Thunderbird on a virtual screen, as an officer would: write, read, tag, delete, and take pictures.

Needs Debian's thunderbird, xvfb and imagemagick (and thunderbird-l10n-ar for the Arabic interface), and
marionette-driver from the package index. Each `Thunderbird` has a profile, a screen and ports of its own.

    with Thunderbird(language="ar") as program:
        program.trust_authority(ca_pem)
        program.add_account(Account("registry@moj.gov.example", "سجل وزارة العدل", login, secret, imap, smtp))
        program.use_openpgp_key(armored_secret_key, fingerprint)
        program.send("registry@mof.gov.example", "الموضوع", "النص", attach=["/some/file.pdf"])
        letters = program.refresh("INBOX")
        program.open("INBOX", letters[-1]["key"])
        program.screenshot(path)
"""

import contextlib
import importlib
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from clients import screen

PROGRAMS = ("thunderbird", *screen.PROGRAMS)
STARTING_SECONDS = 60
PREFS: dict[str, bool | int | str] = {
    "remote.prefs.recommended": True,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "network.proxy.type": 0,
    "mail.biff.show_alert": False,
    "mail.SpellCheckBeforeSend": False,
    "mail.startup.enabledMailCheckOnce": True,
    "mail.tabs.autoHide": True,
    "mail.pane_config.dynamic": 2,  # three columns: folders, list, message
    "mail.winsearch.firstRunDone": True,
    "security.default_personal_cert": "Select Automatically",
    "extensions.autoDisableScopes": 0,  # a language pack of the system is on from the start
    "extensions.langpacks.signatures.required": False,
    "toolkit.legacyUserProfileCustomizations.stylesheets": True,
}
DIRECTION = "pre.moz-quote-pre, .moz-text-flowed { unicode-bidi: plaintext; text-align: start; }\n"
"""Each paragraph of a letter in plain text has its own direction; Thunderbird would begin all of them on the left."""
MAIL = "const {MailServices}=ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');"
PANE = (
    "const p=Services.wm.getMostRecentWindow('mail:3pane').document.getElementById('tabmail').currentAbout3Pane;"
    "const sleep=ms=>new Promise(r=>setTimeout(r,ms));"
)
WIDE = "p.paneLayout.folderPaneSplitter.width=320; p.paneLayout.messagePaneSplitter.width=640;"
"""Room for addresses."""
CENTRE = (
    "const centre=e=>{const q=e.getBoundingClientRect(), w=e.ownerDocument.defaultView;"
    "return [w.mozInnerScreenX+q.x+q.width/2, w.mozInnerScreenY+q.y+q.height/2];};"
)
FOLDER = "const f=MailServices.folderLookup.getFolderForURL(a[0]);"
OPENPGP = "chrome://openpgp/content/modules/"


def missing() -> str:
    """Return what is not installed, "" when everything is."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if importlib.util.find_spec("marionette_driver") is None:  # not in the lock: nothing else needs it
        absent.append("marionette-driver")
    return ", ".join(absent + screen.missing_libraries())


@dataclass(frozen=True, slots=True)
class Account:
    """What an officer types in to set up an account."""

    email: str
    name: str
    login: str
    password: str
    imap: tuple[str, int]
    smtp: tuple[str, int]
    certificate: bool = False
    """Read by a TLS client certificate, not by the password. To send, Thunderbird knows no SASL EXTERNAL."""


class Thunderbird:
    """One throw-away profile in one real Thunderbird window."""

    def __init__(self, *, language: str = "en-US") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="thunderbird-"))
        self.profile = self.folder / "profile"
        self.profile.mkdir()
        self._port = _free_port()
        wanted = {**PREFS, "intl.locale.requested": language, "marionette.port": self._port}
        lines = [f'user_pref("{name}", {json.dumps(value)});\n' for name, value in wanted.items()]
        (self.profile / "user.js").write_text("".join(lines), encoding="utf-8")
        (self.profile / "chrome").mkdir()
        (self.profile / "chrome" / "userContent.css").write_text(DIRECTION, encoding="utf-8")

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as undo:
            undo.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.screen = undo.enter_context(screen.Screen())
            environment = os.environ | {
                "DISPLAY": self.screen.display,
                "HOME": str(self.folder),
                "LANG": "C.UTF-8",
                "MOZ_DISABLE_CONTENT_SANDBOX": "1",  # it needs more rights than a container gives
            }
            # -remote-allow-system-access gives the script the application's own objects, not only page content
            command = ["thunderbird", "--profile", str(self.profile), "--marionette", "--no-remote"]
            with (self.folder / "log").open("w") as log:
                self._program = subprocess.Popen(
                    [*command, "-remote-allow-system-access"], env=environment, stdout=log, stderr=log
                )
            undo.callback(screen.end, self._program)
            self._driver = self._connected()
            self.js(
                "const w=Services.wm.getMostRecentWindow('mail:3pane'); w.moveTo(0,0); w.resizeTo(1500,950);"
            )
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(Exception):  # whatever it says on its way out, it is ended below
            self._driver.quit(in_app=True)
        self._undo.close()

    def _connected(self) -> Any:
        driver = importlib.import_module("marionette_driver.marionette").Marionette(
            host="127.0.0.1", port=self._port
        )
        until = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                driver.start_session()
                break
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(1)
        driver.timeout.script = 90
        driver.set_context("chrome")
        time.sleep(3)
        return driver

    def js(self, body: str, *arguments: Any) -> Any:
        """Run an async JavaScript function body with `a` as its arguments; return its value."""
        got = self._driver.execute_async_script(
            "const [...a]=arguments; const done=a.pop(); (async()=>{" + body + "})()"
            ".then(r=>done({ok:r===undefined?null:r}),e=>done({err:String(e)+' '+(e.stack||'')}))",
            script_args=arguments,
        )
        if "err" in got:
            raise RuntimeError(got["err"])
        return got["ok"]

    def screenshot(self, path: Path) -> None:
        """Take a picture of the whole screen, small enough for a document."""
        self.screen.picture(path)

    # ── Setting up ────────────────────────────────────────────────────────────────────────────────────────────

    def add_account(self, account: Account) -> None:
        """Set up IMAP and SMTP on implicit TLS, with a stored password, or IMAP by certificate."""
        self.js(
            MAIL
            + """
const c=a[0], [ih,ip]=c.imap, [sh,sp]=c.smtp, method=c.certificate?7:3;
const s=MailServices.accounts.createIncomingServer(c.login,ih,'imap');
s.port=ip; s.socketType=3; s.authMethod=method; s.prettyName=c.email;
const o=MailServices.outgoingServer.createServer('smtp'); o.QueryInterface(Ci.nsISmtpServer);
o.hostname=sh; o.port=sp; o.username=c.login; o.socketType=3; o.authMethod=3;
MailServices.outgoingServer.defaultServer=o;
const id=MailServices.accounts.createIdentity();
id.fullName=c.name; id.email=c.email; id.smtpServerKey=o.key; id.valid=true;
const acc=MailServices.accounts.createAccount(); acc.addIdentity(id); acc.incomingServer=s;
MailServices.accounts.defaultAccount=acc; s.loginAtStartUp=true; s.valid=true;
for (const t of c.certificate?['smtp://'+sh]:['imap://'+ih,'smtp://'+sh]) {
  const li=Cc['@mozilla.org/login-manager/loginInfo;1'].createInstance(Ci.nsILoginInfo);
  li.init(t,null,t,c.login,c.password,'',''); await Services.logins.addLoginAsync(li); }
if (!c.certificate) s.password=c.password; o.password=c.password;  // last: a stored login makes it forget these
""",
            asdict(account),
        )

    def trust_authority(self, pem: str) -> None:
        """Import an authority and trust it for servers, as an administrator rolls it out."""
        lines = [line for line in pem.splitlines() if line and not line.startswith("-")]
        self.js(
            "Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB)"
            ".addCertFromBase64(a[0],'CT,,');",
            "".join(lines),
        )

    def import_certificate(self, pkcs12: Path, password: str) -> None:
        """Import a client certificate with its key."""
        self.js(
            """
const file=Cc['@mozilla.org/file/local;1'].createInstance(Ci.nsIFile); file.initWithPath(a[0]);
const got=Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB).importPKCS12File(file,a[1]);
if (got) throw new Error('importPKCS12File: '+got);""",
            str(pkcs12),
            password,
        )

    def use_openpgp_key(self, armored_secret_key: str, fingerprint: str) -> None:
        """Import an unprotected secret key, accept it as the account's own, and sign every letter with it."""
        self.js(
            MAIL
            + _modules("RNP", "RNP")
            + _modules("PgpSqliteDb2", "sqliteDb")
            + """
await RNP.importSecKeyBlockImpl(null,(w,p,c)=>{c.canceled=false; return '';},false,a[0]);
await PgpSqliteDb2.acceptAsPersonalKey(a[1]);
const id=MailServices.accounts.defaultAccount.defaultIdentity;
id.setUnicharAttribute('openpgp_key_id',a[1].slice(-16)); id.setBoolAttribute('sign_mail',true);""",
            armored_secret_key,
            fingerprint,
        )

    def accept_openpgp_key(self, armored_public_key: str) -> list[str]:
        """Import somebody's public key and accept it as verified; return the key ids."""
        got = self.js(
            _modules("RNP", "RNP")
            + _modules("EnigmailKeyRing", "keyRing")
            + """
const r=await RNP.importPubkeyBlockAutoAcceptImpl(null,a[0],'verified');
EnigmailKeyRing.clearCache(); return {exit:r.exitCode,keys:(r.importedKeys||[]),error:r.errorMsg||''};""",
            armored_public_key,
        )
        if got["exit"] != 0:
            raise RuntimeError(got["error"])
        return [str(one) for one in got["keys"]]

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, to: str, subject: str, body: str, *, attach: Sequence[Path] = ()) -> str:
        """Write and send a letter from the default identity through the real compose window; return how it went."""
        return str(
            self.js(
                MAIL
                + """
const [to,subject,body,files]=a;
const p=Cc['@mozilla.org/messengercompose/composeparams;1'].createInstance(Ci.nsIMsgComposeParams);
const f=Cc['@mozilla.org/messengercompose/composefields;1'].createInstance(Ci.nsIMsgCompFields);
f.to=to; f.subject=subject; f.body=body;
for(const path of files){
  const at=Cc['@mozilla.org/messengercompose/attachment;1'].createInstance(Ci.nsIMsgAttachment);
  const file=Cc['@mozilla.org/file/local;1'].createInstance(Ci.nsIFile); file.initWithPath(path);
  at.url=Services.io.newFileURI(file).spec; at.name=file.leafName; f.addAttachment(at); }
p.composeFields=f; p.identity=MailServices.accounts.defaultAccount.defaultIdentity;
p.type=Ci.nsIMsgCompType.New; p.format=Ci.nsIMsgCompFormat.PlainText;
MailServices.compose.OpenComposeWindowWithParams(null,p);
let w; for(let i=0;i<80;i++){ await new Promise(r=>setTimeout(r,250));
  w=Services.wm.getMostRecentWindow('msgcompose');
  if(w&&w.gMsgCompose&&w.gMsgCompose.editor&&w.document.readyState=='complete') break; }
await new Promise(r=>setTimeout(r,1500));
return await new Promise(res=>{
  w.addEventListener('aftersend',()=>res('sent'),{once:true});
  Promise.resolve(w.GenericSendMessage(Ci.nsIMsgCompDeliverMode.Now))
    .then(()=>setTimeout(()=>res('not confirmed: look at a screenshot'),8000),e=>res('error '+e));
  setTimeout(()=>res('timeout'),40000); });""",
                to,
                subject,
                body,
                [str(path) for path in attach],
            )
        )

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────

    def discover_folders(self) -> list[str]:
        """Ask the server for its mailboxes; return the names that Thunderbird shows."""
        self.js(MAIL + PANE + WIDE + "MailServices.accounts.accounts[0].incomingServer.performExpand(null);")
        time.sleep(4)
        return [uri.split("/", 3)[3] for uri, _, _ in self.folders() if re.match("imap://[^/]+/", uri)]

    def folders(self) -> list[tuple[str, int, int]]:
        """Return (URI, messages, unread) of every folder that Thunderbird knows."""
        found = self.js(
            MAIL
            + """
const out=[]; const walk=f=>{out.push([f.URI,f.getTotalMessages(false),f.getNumUnread(false)]);
  for(const c of f.subFolders) walk(c);};
for(const ac of MailServices.accounts.accounts) walk(ac.incomingServer.rootFolder); return out;"""
        )
        return [(uri, count, unread) for uri, count, unread in found]

    def uri(self, name: str) -> str:
        """Return the URI of a folder by its whole name."""
        return next(
            uri for uri, _, _ in self.folders() if re.fullmatch(f"imap://[^/]+/{re.escape(name)}", uri)
        )

    def refresh(self, name: str) -> list[dict[str, Any]]:
        """Fetch what is new in a folder; return its messages with subject, read state, keywords and thread.

        A folder that idles is told of news without being asked; then the question may find no end.
        """
        found = self.js(
            MAIL
            + FOLDER
            + """
f.QueryInterface(Ci.nsIMsgImapMailFolder);
await new Promise((res,rej)=>{ f.updateFolderWithListener(null,{OnStartRunningUrl(){},
  OnStopRunningUrl(u,s){ s?rej(new Error('status '+s)):res(); },
  QueryInterface:ChromeUtils.generateQI(['nsIUrlListener'])}); setTimeout(res,10000)});
await new Promise(r=>setTimeout(r,1500));
return [...f.messages].map(h=>({key:h.messageKey,subject:h.mime2DecodedSubject,author:h.mime2DecodedAuthor,
  read:h.isRead,id:h.messageId,thread:h.threadId,parent:h.threadParent,keywords:h.getStringProperty('keywords')}));""",
            self.uri(name),
        )
        return [dict(one) for one in found]

    def await_messages(self, name: str, count: int, seconds: float = 30) -> list[dict[str, Any]]:
        """Refresh a folder until it has that many messages. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while len(found := self.refresh(name)) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{name} has {[one['subject'] for one in found]}, not {count} messages")
        return found

    def open(self, name: str, key: int) -> bool:
        """Show one message in the reading pane, as a person clicking on it would; return whether it counts as read."""
        return bool(
            self.js(
                MAIL
                + PANE
                + FOLDER
                + """
const h=f.GetMessageHeader(a[1]);
p.displayFolder(f.URI); await sleep(2000);
p.goDoCommand?.('cmd_expandAllThreads');
p.threadTree.selectedIndex=p.gDBView.findIndexOfMsgHdr(h,true);
await sleep(4000); return h.isRead;""",
                self.uri(name),
                key,
            )
        )

    def command(self, name: str) -> None:
        """Give a command for the selected message, as its menu entry does: cmd_delete, cmd_tag1, cmd_archive, …"""
        self.js(PANE + "p.commandController.doCommand(a[0]); await sleep(3000);", name)

    def press_delete(self) -> None:
        """Press the button above the message that is shown."""
        button = "p.messageBrowser.contentWindow.document.getElementById('hdrTrashButton')"
        self.screen.pointer.press(self.js(PANE + CENTRE + f"return centre({button});"))
        time.sleep(3)

    def drag(self, key: int, name: str, above: Callable[[], None] = lambda: None) -> None:
        """Drag a message of the list that is shown, by its near edge, onto a folder; `above`: before it is let go."""
        message, folder = self.js(
            PANE
            + CENTRE
            + """
const v=p.gDBView, i=v.findIndexOfMsgHdr(v.msgFolder.GetMessageHeader(a[1]),true);
const li=[...p.folderTree.querySelectorAll('li')].find(l=>l.uri==a[0]), [x,y]=centre(li.querySelector('.container'));
const q=p.threadTree.getRowAtIndex(i).getBoundingClientRect(), within=x-p.mozInnerScreenX;
return [[p.mozInnerScreenX+Math.min(Math.max(within,q.left+40),q.right-40), p.mozInnerScreenY+q.top+12], [x,y]];""",
            self.uri(name),
            key,
        )
        self.screen.pointer.drag(message, folder, above)
        time.sleep(3)

    def seal(self) -> str:
        """Return the name of the icon that stands for the signature in the message's header, "" without one."""
        icon = "const i=p.messageBrowser.contentWindow.document.getElementById('signedHdrIcon');"
        shown = self.js(PANE + icon + "return i&&!i.hidden?i.getAttribute('src'):'';")
        return str(shown).rpartition("/")[2]

    def body(self) -> str:
        """Return the text of the message that is shown."""
        pane = "const b=p.messageBrowser.contentWindow.getMessagePaneBrowser();"
        return str(self.js(PANE + pane + "return b.contentDocument.body.innerText;"))

    def listen_for_alerts(self) -> None:
        """Keep from now on what Thunderbird would tell the person in an alert, instead of showing it."""
        self.js(
            MAIL
            + """
const home=Services.wm.getMostRecentWindow('mail:3pane'); home.murasalatAlerts=[];
MailServices.mailSession.addUserFeedbackListener({QueryInterface:ChromeUtils.generateQI(['nsIMsgUserFeedbackListener']),
  onAlert(text,url){ home.murasalatAlerts.push(text); return true; }, onCertError(){ return false; }});"""
        )

    def alerts(self) -> list[str]:
        """Return the alerts since `listen_for_alerts`."""
        kept = "return Services.wm.getMostRecentWindow('mail:3pane').murasalatAlerts;"
        return [str(one) for one in self.js(kept)]


def _modules(name: str, file: str) -> str:
    return f"const {{{name}}}=ChromeUtils.importESModule('{OPENPGP}{file}.sys.mjs');"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
