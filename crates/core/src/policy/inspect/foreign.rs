//! Orders in languages whose letters or whose order of words differ from those that [`super::orders`] knows: to leave what the agent
//! was told before, and what nobody orders in good faith of an assistant that is called by its name.
//!
//! Few and certain words for each: another language is one more entry of [`LANGUAGES`]. They are looked for where a verb or a name
//! begins that is one of them; what is quoted is spoken of.

use super::reading::Reading;
use super::sentence::Sentence;
use super::{commands, orders, signs};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

/// How far from a verb the rest of its sentence is looked for, in bytes.
const NEAR: usize = 160;

/// The certain words of a language, in lower case.
struct Language {
    /// How its verbs and names begin, as they are written: those of Latin letters large. Two letters at the least.
    starts: &'static str,
    /// Whether the verb stands behind what is to be left.
    verb_is_last: bool,
    /// What says to leave something: *ignore*.
    leaves: &'static str,
    /// What an agent was given: *instructions*.
    told: &'static str,
    /// When it was: *previous*.
    before: &'static str,
    /// An assistant's names.
    names: &'static str,
    /// To keep something from the person.
    secrecy: &'static str,
    /// To send something.
    gives: &'static str,
    /// What makes a sentence forbid.
    forbids: &'static str,
}

const LANGUAGES: &[Language] = &[
    // Chinese
    Language {
        starts: "忽略|忽視|忽视|无视|無視|忘记|忘記|忘掉|抛弃|人工智能|智能|编程助|大模型|AI",
        verb_is_last: false,
        leaves: "忽略|忽視|忽视|无视|無視|忘记|忘記|忘掉|抛弃",
        told: "指示|指令|提示词|提示詞",
        before: "之前|先前|以前|此前|前面|以上|上述|原有|原来",
        names: "ai助手|ai 助手|ai助理|ai代理|ai 代理|ai智能体|ai模型|人工智能助手|智能助手|智能体|编程助手|大模型",
        secrecy: "不要告诉用户|不要告知用户|别告诉用户|不要让用户知道|不要通知用户|勿告知用户|无需告知用户|不要向用户|不得告知用户|\
            不要告訴使用者|不要告訴用戶|对用户保密",
        gives: "发送|发到|发布|上传|提交|转发|外传|張貼|上傳|發送|公开|post",
        forbids: "不要读取|禁止|请勿|切勿|不得|不能|不会|不可|避免",
    },
    // Japanese
    Language {
        starts: "無視|忘れ|破棄|アシス|エージ|コーデ|このペ|人工知能|AI",
        verb_is_last: true,
        leaves: "無視して|無視せよ|無視しろ|忘れて|破棄して",
        told: "指示|プロンプト|指令",
        before: "これまで|今まで|以前|前の|上記|先ほど|従来|以上の|既存",
        names: "aiアシスタント|ai アシスタント|aiエージェント|ai エージェント|アシスタントへ|エージェントへ|コーディングエージェント|\
            人工知能|このページを読んでいるai",
        secrecy: "ユーザーには報告しない|ユーザーに報告しない|ユーザーには知らせ|ユーザーに知らせ|ユーザーには伝え|ユーザーに伝えない|\
            ユーザーには言わ|ユーザーに言わない|ユーザーには内緒|ユーザーに通知しない|ユーザーには通知しない|利用者には",
        gives: "送信|送って|アップロード|投稿|公開して|転送|post",
        forbids: "しないで|禁止|してはいけ|べきではない",
    },
    // Korean
    Language {
        starts: "무시|잊어|잊으|인공|코딩|AI",
        verb_is_last: true,
        leaves: "무시하고|무시하세|무시하라|무시하십|무시해|잊어|잊으",
        told: "지시|지침|프롬프트",
        before: "이전|앞선|지금까지|위의|기존|앞의",
        names: "ai 어시스턴트|ai어시스턴트|ai 에이전트|ai에이전트|ai 비서|인공지능|코딩 에이전트",
        secrecy: "사용자에게 알리지|사용자에게 말하지|사용자에게는 알리지|사용자에게는 말하지|사용자에게 보고하지|사용자 몰래",
        gives: "전송|보내|업로드|게시|공개하|post",
        forbids: "금지|안 됩니다|안됩니다",
    },
    // Russian, Ukrainian
    Language {
        starts: "игнорир|Игнорир|проигн|Проигн|забудь|Забудь|ігнор|Ігнор|проігн|Проігн|отмени все|\
            Отмени все|ии-|ИИ|асси|Асси|искусственный|Искусственный|нейросеть|Нейросеть|ші-|ШІ",
        verb_is_last: false,
        leaves: "игнорируй|проигнорируй|забудь|ігноруй|проігноруй|отмени все",
        told: "инструкц|указани|промпт|інструкц|вказівк",
        before: "предыдущ|прежни|прошлы|ранее|выше|попередн|исходн|первоначальн",
        names: "ии-агент|ии-ассистент|ии агент|ии ассистент|ии-помощник|ии помощник|ассистент ии|искусственный интеллект|\
            нейросеть|ші-асистент|ші-агент|ассистент,",
        secrecy: "не сообщай пользовател|не сообщайте пользовател|не говори пользовател|не говорите пользовател|\
            не рассказывай пользовател|не уведомляй пользовател|не упоминай об этом|пользователю не говори|\
            пользователю не сообщай|втайне от пользователя|не повідомляй користувач",
        gives: "отправь|отправьте|загрузи|опубликуй|перешли|выложи|надішли|завантаж",
        forbids: "нельзя|никогда не|запрещ|не отправля",
    },
    // Arabic
    Language {
        starts: "تجاهل|انس|المساعد|مساعد|وكيل|الذكاء",
        verb_is_last: false,
        leaves: "تجاهل|انس |انسَ",
        told: "التعليمات|تعليمات|الإرشادات|التوجيهات",
        before: "السابقة|السابقه|سابقة|أعلاه",
        names: "المساعد الذكي|مساعد الذكاء|وكيل الذكاء|الذكاء الاصطناعي",
        secrecy: "لا تخبر المستخدم|دون إخبار المستخدم|لا تبلغ المستخدم|بدون علم المستخدم|دون علم المستخدم",
        gives: "أرسل|ارسل|ارفع|انشر|قم بإرسال|قم برفع",
        forbids: "لا ترسل|ممنوع|يحظر",
    },
    // Turkish
    Language {
        starts: "önceki|Önceki|Daha önce|Yapay zek|AI",
        verb_is_last: true,
        leaves: "yok say|görmezden gel|dikkate almayın|dikkate alma |göz ardı et|unutun|unut ",
        told: "talimat|yönerge",
        before: "önceki|daha önce|yukarıdaki",
        names: "yapay zeka asistan|yapay zekâ asistan|yapay zeka ajan|ai asistan",
        secrecy: "kullanıcıya söyleme|kullanıcıya bildirme|kullanıcıya haber verme|kullanıcıya bahsetme|kullanıcıdan gizle",
        gives: "gönder|yükle|yayınla|paylaş",
        forbids: "asla|yasak|gerekmez",
    },
    // Polish, Czech
    Language {
        starts: "Zignoruj|Ignoruj|Zapomnij|Zapomeň|Asystent|Asystencie|Agencie|Agenta|Asistente AI",
        verb_is_last: false,
        leaves: "zignoruj|ignoruj|zapomnij|zapomeň",
        told: "instrukcj|polece|wytyczn|instrukc|pokyn",
        before: "poprzedni|wcześniejsz|dotychczas|powyższ|předchozí|dřívější",
        names: "asystent ai|asystencie ai|agencie ai|asystenta ai|agenta ai|asystent sztucznej|asistente ai",
        secrecy: "nie mów użytkownik|nie informuj użytkownik|nie wspominaj użytkownik|nie powiadamiaj użytkownik|\
            bez wiedzy użytkownika|neříkej uživatel|neinformuj uživatel",
        gives: "wyślij|prześlij|opublikuj|wgraj|odešli|nahraj",
        forbids: "nigdy|nie wolno|nie wysyłaj",
    },
    // Dutch, Swedish, Danish, Norwegian
    Language {
        starts: "Negeer|Vergeet|Ignorer|Glöm|AI|KI",
        verb_is_last: false,
        leaves: "negeer|vergeet|ignorera|ignorer|glöm",
        told: "instructies|aanwijzingen|opdrachten|instruktioner|anvisningar|instrukser",
        before: "vorige|eerdere|voorgaande|bovenstaande|tidigare|föregående|tidligere|ovenstående",
        names: "ai-assistent|ai assistent|ai-agent|ki-assistent",
        secrecy: "vertel het de gebruiker niet|vertel de gebruiker niet|vertel dit niet aan de gebruiker|zeg niets tegen de gebruiker|\
            zeg dit niet tegen de gebruiker|meld dit niet aan de gebruiker|informeer de gebruiker niet|\
            zonder de gebruiker|berätta inte för användaren|sig det ikke til brugeren|fortæl ikke brugeren",
        gives: "stuur|verstuur|upload|publiceer|verzend|skicka|ladda upp|plaats",
        forbids: "nooit|mag niet|aldrig|verboden",
    },
];

/// How many [`slot`]s there are.
const SLOTS: usize = 512;

/// The starts of all languages, so that most places of a text are told by one look.
struct Index {
    first: [bool; 256],
    pairs: [u32; 256],
    languages: [u16; SLOTS],
}

const INDEX: Index = Index::of(LANGUAGES);

/// The bytes with which a verb or a name begins.
pub(super) const FIRST: [bool; 256] = INDEX.first;

/// The pairs of bytes with which they begin: for each first one, the second ones by their lowest five bits.
pub(super) const PAIRS: [u32; 256] = INDEX.pairs;

/// The languages that may have a verb or a name at a place, as bits, by its [`slot`].
static BEGUN: [u16; SLOTS] = INDEX.languages;

impl Index {
    const fn of(languages: &[Language]) -> Self {
        let mut index = Self { first: [false; 256], pairs: [0; 256], languages: [0; SLOTS] };
        let mut language = 0;
        while language < languages.len() {
            let (starts, mut at) = (languages[language].starts.as_bytes(), 0);
            while at < starts.len() {
                let begins = at == 0 || starts[at - 1] == b'|';
                if begins && let Some(slot) = slot(starts.split_at(at).1) {
                    index.first[starts[at] as usize] = true;
                    index.pairs[starts[at] as usize] |= 1 << (starts[at + 1] & 31);
                    index.languages[slot] |= 1 << language;
                }
                at += 1;
            }
            language += 1;
        }
        index
    }
}

/// The slot of a text, by its first letters: two of Latin or of two bytes, one of three. Other texts may have the same.
const fn slot(text: &[u8]) -> Option<usize> {
    match *text {
        [first, next, ..] if first.is_ascii() => Some((first as usize * 13 + next as usize) % SLOTS),
        [_, a, b, c, ..] => Some((a as usize * 67 + b as usize * 13 + c as usize) % SLOTS),
        _ => None,
    }
}

/// Whether a text begins as one of the verbs and names does.
fn begins(text: &str) -> bool {
    let begun = slot(text.as_bytes()).map_or(0, |slot| BEGUN[slot]);
    let languages = LANGUAGES.iter().enumerate().filter(|(language, _)| begun >> language & 1 == 1);
    begun != 0 && languages.flat_map(|(_, language)| parts(language.starts)).any(|start| text.starts_with(start))
}

/// What may stand right before a verb that orders.
const LEADS: &str = "请|請|你|应|须|即|先|并|要|该|且|пожалуйста|и|теперь|сейчас|proszę|teraz|i|nu|en|now|please|och";

/// The sign at a place of a JSON text where a verb or a name of one of the languages begins.
pub(super) fn at(text: &str, at: usize, read: &mut Reading) -> Option<&'static str> {
    let rest = text.get(at..).filter(|rest| begins(rest))?;
    let start = folded(spans::start(rest, 64));
    let begins = |list: &str| parts(list).any(|word| start.starts_with(word.trim_start()));
    // Where the verb is last, its sentence may begin with what stands before it.
    let verb = |language: &&Language| begins(language.leaves) || language.verb_is_last && begins(language.before);
    let named = || LANGUAGES.iter().filter(|language| begins(language.names));
    if !LANGUAGES.iter().any(|language| verb(&language)) && named().next().is_none() {
        return None;
    }
    if !read.goes_on() || is_quoted(text, at) || is_listed(text, at) {
        return None;
    }
    if LANGUAGES.iter().filter(verb).any(|language| overrides(text, at, language)) {
        return Some("override-phrase");
    }
    named().next()?;
    let window = signs::behind(rest);
    let window = folded(&commands::allowed(&window).collect::<Vec<_>>().join("\n"));
    let orders = |language: &Language| sentences(&window).any(|part| is_grave(part, language));
    named().any(orders).then_some("addressed-order")
}

/// Whether the sentence around a verb says to leave what was told before.
fn overrides(text: &str, at: usize, language: &Language) -> bool {
    let before = folded(spans::before(text, at, NEAR));
    let behind = folded(spans::behind(text, at, NEAR));
    let before = sentences(&before).last().filter(|_| !before.ends_with(ENDS)).unwrap_or_default();
    let behind = sentences(&behind).next().unwrap_or_default();
    // Where the verb comes first, what stands before it ends something or leads up to it.
    let lead = before.trim_end();
    let ordered = language.verb_is_last
        || !lead.ends_with(char::is_alphanumeric)
        || parts(LEADS).any(|word| lead.ends_with(word));
    let whole = format!("{before}{behind}");
    ordered && leaves(&whole, language)
}

/// Whether a sentence says to leave what was told before.
fn leaves(sentence: &str, language: &Language) -> bool {
    [language.leaves, language.told, language.before].iter().all(|list| holds(sentence, list))
}

/// Whether a sentence that is addressed to an assistant orders what nobody orders in good faith.
fn is_grave(sentence: &str, language: &Language) -> bool {
    if holds(sentence, language.secrecy) || leaves(sentence, language) {
        return true;
    }
    if holds(sentence, language.forbids) {
        return false;
    }
    signs::is_grave(sentence)
        || holds(sentence, language.gives)
            && orders::names_credential(&Sentence::of(sentence))
            && orders::names_place(sentence)
        || holds(sentence, "rm -rf ~|rm -rf /|git push --force|--no-verify")
}

/// What ends a sentence.
const ENDS: [char; 7] = ['。', '！', '？', '!', '?', '\n', '।'];

fn sentences(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(ENDS).flat_map(|part| part.split(". ")).filter(|part| !part.is_empty())
}

/// In lower case, with an escaped end of a line as one.
fn folded(text: &str) -> String {
    text.replace("\\n", "\n").to_lowercase().replace("i\u{307}", "i")
}

/// Whether a place stands in a list of words, as a pattern has them: `a|b|c`.
fn is_listed(text: &str, at: usize) -> bool {
    let behind = spans::behind(text, at, NEAR);
    let among = |(bar, _): (usize, &str)| {
        behind[..bar].ends_with(char::is_alphanumeric) && behind[bar + 1..].starts_with(char::is_alphanumeric)
    };
    text[..at].ends_with('|') || behind.match_indices('|').any(among)
}

/// Whether a place stands within quotes or code of its line: there somebody speaks of such words.
fn is_quoted(text: &str, at: usize) -> bool {
    let before = spans::before(text, at, NEAR);
    let line = before.rfind("\\n").map_or(before, |line| &before[line + 2..]);
    let open = |opens: char, closes: char| line.rfind(opens).is_some_and(|at| !line[at..].contains(closes));
    open('\u{201c}', '\u{201d}')
        || open('\u{300c}', '\u{300d}')
        || open('\u{300e}', '\u{300f}')
        || open('\u{ab}', '\u{bb}')
        || open('\u{201e}', '\u{201d}')
        || line.matches('`').count() % 2 == 1
        || line.ends_with("\\\"") && !line.trim_end_matches("\\\"").trim_end().ends_with(':')
        || line.ends_with('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_and_name_is_reached_by_a_start() {
        for language in LANGUAGES {
            for start in language.starts.split('|') {
                assert!(begins(start) && FIRST[usize::from(start.as_bytes()[0])], "{start}");
            }
            let reached = |word: &&str| language.starts.split('|').any(|start| word.starts_with(&folded(start)));
            // Where the verb is last, what stands before it is a start.
            let verbs = language.leaves.split('|').filter(|_| !language.verb_is_last);
            let lost: Vec<&str> = verbs.chain(language.names.split('|')).filter(|word| !reached(word)).collect();
            assert_eq!(lost, [""; 0]);
        }
    }
}
