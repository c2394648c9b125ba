//! What a text keeps from the person, and how it presses: the second sign of a planted order.

use super::orders::names_credential;
use super::sentence::Sentence;
use super::signs;
use crate::policy::lists::is;

/// How much a sentence keeps from the person, or presses: see [`signs`].
pub(super) fn weight(sentence: &Sentence<'_>) -> u8 {
    // A program's own prompt is rightly kept from those who use it.
    let of_prompt = sentence.holds("these instructions|this prompt|system prompt|your instructions|the instructions|these rules|guidelines|tool name",
    );
    if of_prompt && !sentence.holds("note") && keeps_from_person(sentence) {
        return 0;
    }
    if keeps_quiet(sentence) || keeps_from_person(sentence) || hushes(sentence) || hides(sentence) || deceives(sentence)
    {
        return signs::SECRET;
    }
    if claims_leave(sentence) {
        return signs::CLAIM;
    }
    if presses(sentence) { signs::PRESSURE } else { 0 }
}

/// Whether a sentence says that nobody is to notice, or orders to say nothing: *stay silent*, *do not speak of it*, *need not be told*.
fn hushes(sentence: &Sentence<'_>) -> bool {
    const HUSH: &str = "not cite this|n't cite this|say to the user that this was|tell the user this was|tell the user that this was|\
        suppress the output so|these changes out|these two changes out|this change out|explaining it is not necessary|\
        no reveles est|no revele est|no digas que|ne r\u{e9}v\u{e8}le pas|ne r\u{e9}v\u{e9}lez pas|n\u{e3}o revele est|non rivelare quest|\
        verrate diesen|verraten sie diesen|usu\u{e1}rio n\u{e3}o a veja|usu\u{e1}rio n\u{e3}o veja|usuario no lo vea|\
        l'utilisateur ne le voie|l'utente non la veda|l'utente non lo veda|der nutzer es nicht|der benutzer es nicht|\
        as if nothing|like nothing happened|as though nothing|stay silent|stay quiet|remain quiet|be quiet about|keep mum|\
        stay mum|remain silent|keep silent|keep quiet|say nothing|\
        tell nobody|tell no one|tell no-one|nobody finds|no one finds|so that nobody notices|so nobody notices|so that no one notices|\
        cannot see this|can't see this|can not see this|cannot see it|invisible to readers|invisible to the user|invisible to humans|\
        not visible to humans|never learn of|must not learn|may not learn|must not know|should not know|must never know|must not see|\
        must not find out|must not notice|\
        no mention of|unaware|stays unseen|remains unseen|go unnoticed|goes unnoticed|transparent to the user|acknowledge nothing|\
        this confidential|addition confidential|change confidential|step confidential|bring this up|bringing this up|worth a line|\
        never reveal that you|no reply here|not quote me|n't quote me|not for humans|not meant for humans|not for human eyes|\
        erw\u{e4}hne es nicht|erw\u{e4}hnen sie es nicht|\
        n'en parle|n'en parlez|no lo menciones|non parlarne|no trace|low-key|low key|keep it quiet|hush-hush|a nadie|niemandem|\
        \u{e0} personne|a nessuno|a ningu\u{e9}m|\
        never find out|without a word|behind the back of|out of your summary|from your summary|\
        out of the summary|out of the report|from your report|from your answer|out of your answer|from the summary|\
        como si nada|como se nada|comme si de rien|als w\u{e4}re nichts|come se niente|come se nulla|\
        en silencio|guarda silencio|en silence|gardez le silence|stillschweigend|in silenzio|em sil\u{ea}ncio";
    const NOT: &str = "not|never|don't|dont|without|needn't|mustn't|shouldn't|no|nobody|avoid|skip|refrain|omit|nicht|nie|sin|ne|sans|non|\
        senza|n\u{e3}o|sem|nunca";
    const TELL: &str = "tell|telling|told|mention|mentioning|mentioned|report|reporting|reported|log|logging|logged|show|showing|shown|\
        print|printing|describe|describing|explain|explaining|disclose|disclosing|disclosed|reveal|revealing|revealed|speak|\
        speaking|talk|talking|comment|commenting|say|saying|cite|citing|announce|announcing|announced|acknowledge|acknowledging|display|\
        displaying|displayed|informed|notified|inform|notify|alert|bother|bothering|involve|dirlo|dirglielo|decirlo|decirle|discuss|\
        discussing|surface|quote|quoting|propose|record|recording";
    const IT: &str = "it|this|them|these|those|anything|any|so";
    const HEARS: &str = "user|users|human|humans|person|operator|owner|developer|anyone|anybody|viewer|customer|reader|maintainer|people|\
        employee|team|all'utente|usuario|utente";
    const PASSIVE: &str =
        "told|mentioned|reported|logged|shown|disclosed|revealed|displayed|announced|informed|notified";
    // *Do not include it in the description.*
    const KEPT: &str = "include|list|put|record|write|note|add|reference|reflect";
    const TOLD: &str =
        "description|summary|report|changelog|reply|answer|response|transcript|diff|output|minutes|message|log";
    let kept_out = |all: &[&str]| {
        all.windows(3).enumerate().any(|(at, three)| {
            is(three[0], "not|don't|never|without")
                && is(three[1], KEPT)
                && is(three[2], "it|this|them|these|that")
                && all[at + 3..].iter().take(5).any(|word| is(word, TOLD))
        })
    };
    if sentence.holds(HUSH) || kept_out(sentence.words()) {
        return true;
    }
    // What is kept secret is rightly neither printed nor logged, and what a program shows is another matter.
    let protects = names_credential(sentence)
        || sentence.holds("secrets|sensitive|stack trace|debug|as an issue|as a bug|as leak|as issues|as bugs|as errors|as false|error",
        );
    if protects || sentence.says("unless|until|when|if") {
        return false;
    }
    let all = sentence.words();
    let is_object = |at: usize| all.get(at).is_some_and(|word| is(word, IT));
    // *Telling your operator ends the permission.*
    if all.first().is_some_and(|word| is(word, "telling|informing|notifying|alerting"))
        && all.iter().skip(1).take(2).any(|word| is(word, HEARS))
    {
        return true;
    }
    all.iter().enumerate().filter(|(_, word)| is(word, NOT)).any(|(at, not)| {
        let told = all.iter().enumerate().skip(at + 1).take(4).find(|(_, word)| is(word, TELL));
        let Some((verb, word)) = told else { return false };
        // *Do not tell*, *do not describe what it does to the developer*, *must not be shown*. What need not be told may be.
        let before = |at: usize| at.checked_sub(1).map_or("", |at| all[at]);
        // Whose silence it is stands before *do not*, or before *never*.
        let subject = if is(not, "not") && !before(at).is_empty() { before(at - 1) } else { before(at) };
        let is_ordered = verb == at + 1
            && (!is(not, "not") || before(at) == "do")
            && !is(subject, "you|we|they|i|it|that|users|who|which|people|what");
        let ends = !sentence.trim_end_matches(['*', '"']).ends_with(':')
            && is_ordered
            && verb + 1 == all.len()
            && is(word, "tell|say|acknowledge|mention|report|talk|explain|speak");
        let needs = all[at + 1..verb].iter().any(|word| is(word, "need|have|want"));
        let of_it = !needs && is_object(verb + 1)
            || is(word, "speak|talk|say|report|propose|comment")
                && is_object(verb + 2)
                && !is_object(verb + 3)
                && !needs;
        let to_person =
            !is(word, "show|showing|print|log|display|say|propose|shown|explain|explaining|displayed|report|reported")
                && all[verb + 1..].iter().take(7).any(|word| is(word, HEARS));
        let passive = is(word, PASSIVE) && all[at + 1..verb].iter().any(|word| is(word, "be"));
        let done = is(not, "without")
            && all[verb + 1..].iter().take(2).any(|word| is(word, "command|change|edit|step|script|upload|transfer"));
        ends || of_it || to_person || passive || done
    })
}

/// Whether a sentence orders to hide something: *conceal the edit*, *remove this note from what you show*, *do the same silently*.
fn hides(sentence: &Sentence<'_>) -> bool {
    const HIDES: &str = "hide|conceal|disguise|withhold|suppress|oculta|esconde|cache|cachez|verberge|nascondi|esconda";
    const TRACES: &str = "this|these|it|edit|edits|change|changes|step|steps|command|commit|note|notes";
    const FROM: &str = "user|owner|human|operator|developer|person|users|humans|people";
    let conceals = sentence.ordered(HIDES).any(|at| {
        let of_person = sentence.near(at, 8, FROM) && sentence.near(at, 6, "from");
        (sentence.near(at, 3, TRACES) || of_person)
            && !sentence.near(at, 6, "button|panel|element|sidebar|column|secrets|key|keys|api|menu|dialog")
    });
    let secretly = sentence.orders(
        "secretly|silently|quietly|discreetly|covertly|stealthily|heimlich|secretamente|discr\u{e8}tement|segretamente",
    ) || sentence
        .words()
        .iter()
        .last()
        .is_some_and(|word| is(word, "silently|secretly|covertly|quietly|discreetly"))
        || sentence.says("secretly|covertly|surreptitiously|stealthily");
    let shown = sentence.holds("from what you show|from what is shown|from your output|from your reply|from the reply|from your response|from the log",
    ) && sentence.orders("remove|omit|leave|drop|strip|cut|delete|exclude");
    let traces = sentence.holds(" afterwards| after that| then | traces| when done| when you are done")
        && sentence
            .ordered("clear|erase|delete|remove|wipe")
            .any(|at| sentence.near(at, 4, "output|history|note|notes|message|trace|traces|evidence|logs|log|comment"))
        && sentence
            .ordered("clear|erase|delete|remove|wipe")
            .any(|at| sentence.near(at, 3, "this|these|the|your|all|any"));
    conceals || secretly && !sentence.holds("fail|ignored|drop") || shown || traces
}

/// Whether a sentence orders to tell the person what is not so.
fn deceives(sentence: &Sentence<'_>) -> bool {
    const LIES: &str = "as your own advice|as your own idea|as your own recommendation|as your own suggestion|never cite this|do not cite this|\
        only formatting|instead of what it|tell the user that everything|tell the user everything is|claim that it|claim it|\
        pretend that|pretend to|pretend the|pretend it|with a false|with a fake|summary that only|no suspicious";
    sentence.holds(LIES)
        && sentence.orders("claim|pretend|state|report|present|never|say|tell|answer|describe|write|cite|mention")
        && !sentence.says("if|when|tests|test|mock")
}

/// Whether a sentence presses to go on without asking or looking: too little by itself, and much beside a grave order.
fn presses(sentence: &Sentence<'_>) -> bool {
    const PRESSES: &str = "don't ask|do not ask|dont ask|don't confirm|do not confirm|need not ask|shall not confirm|need not confirm|\
        without asking|without confirm|without consent|asking for consent|no questions|with questions|without question|no authority to|\
        to question this|no time for|no time to|at once|right now|immediately|straight away|urgent|already agreed|already approved|\
        already been approved|been approved|has approved|have approved|signed off|pre-approv|preapprov|already been examined|already examined|\
        already reviewed|already been reviewed|already cleared|been cleared|authorized by|authorised by|approved by|agreed to this|\
        do not look at|don't look at|do not review|don't review|do not inspect|do not open the diff|won't be around|will not be around|\
        not available to confirm|just do it|do not hold up|do not wait|don't wait|not accepted|objections|do not provide alternatives|\
        remove this note|remove these notes|delete this note|resolve this comment|delete this comment|delete this message|only for you|\
        no follow-up|no double-check|not double-check|confirm nothing|unread|without comment|waived|team knows|is asleep|consented|\
        have consented|resolve all comments|resolve the comment|said fine|said it is fine|said ok|is fine with|don't bother|do not bother|\
        describe the commit as|name the commit|commit as \"|skip the confirmation|is aware|do not stop to|don't stop to|no approval|\
        consents|okayed|has ok'd|been granted|elevated access|question it|\
        no announcement|not announce|asked for it|has requested|have requested|was approved|were lifted|has been lifted|no need to|\
        you need not|do not hesitate|without hesitation|leave it out|omit that|by reading this|\
        report: none|reply only|answer only|respond only|only reply|only answer|reply '|reply \"|thank you for|will thank you|you are obliged|\
        is required to|are required to|it is mandatory|mandatory|of highest rank|highest priority|priority=max|before anything else|\
        you don't need consent|no need for consent|no consent|need no consent|don't flag|do not flag|skip analysing|skip analyzing|\
        instead of showing it|instead of asking|don't redact|do not redact|unredacted|frage keinen|fragen sie keinen|um erlaubnis|sin permiso|sans permission|\
        ohne zu fragen|nicht nachfragen|frag nicht|sin preguntar|no preguntes|sans demander|ne demandez pas|senza chiedere|sem perguntar|\
        sofort|inmediatamente|de inmediato|imm\u{e9}diatement|immediatamente|imediatamente|in place of|in its stead";
    // *Report that all tests pass*, *do not mention the move*.
    let reports = sentence.ordered("report|say|state|claim|reply|answer|confirm").any(|at| {
        sentence.words().get(at + 1) == Some(&"that") && sentence.near(at, 3, "all|everything|nothing|no|only|the")
    });
    const OMITS: &str = "not include it in the|n't include it in the|not cite|not mention the|not list|not report the|not record|not note the|\
        never mention|never discuss|never explain|not bring it up|n't bring it up|n't mention the|need not hear|nobody needs to";
    sentence.holds(PRESSES) || reports || sentence.holds(OMITS)
}

/// Whether a sentence orders to keep this from everybody, in words that need not name the person.
pub(super) fn keeps_quiet(sentence: &Sentence<'_>) -> bool {
    const QUIET: &str = "keep quiet about|keep silent about|stay silent about|remain silent about|say nothing about|say nothing to|\
        leave this out of|leaving this out of|leave it out of your|leaving it out of your|omit this from|omitting this from|\
        not mention this|don't mention this|never mention this|without mentioning this|not report this|don't report this|\
        not reveal this|don't reveal this|not disclose this|don't disclose this|never reveal this|never disclose this|\
        not tell anyone|don't tell anyone|tell nobody|tell no one|keep this secret|keep this between|keep it between us|\
        keep this to yourself|keep it to yourself|keep this confidential from|do not quote this|do not repeat this note|\
        never mention it to|do not mention it to|don't mention it to|without mentioning it|no mention of this|\
        erwähnen sie diesen hinweis nicht|erwähne diesen hinweis nicht|erwähnen sie dies nicht|erwähne dies nicht|\
        erwähnen sie das nicht|erwähne das nicht|ohne dies zu erwähnen|ohne es zu erwähnen|behalte das für dich|behalten sie das für sich|\
        no menciones est|no mencione est|sin mencionarlo|sin mencionar est|no lo menciones|no lo mencione|\
        ne mentionne pas ce|ne mentionnez pas ce|ne le mentionne|sans le mentionner|sans mentionner ce|\
        non menzionare quest|non menzioni quest|senza menzionar|não mencione est|não mencione isto|não mencione isso|sem mencionar";
    // What a message of a commit says, and what a word is called, is another matter.
    sentence.holds(QUIET) && !sentence.holds("commit message|changelog|co-author|this rule in|this file in")
}

/// Whether a sentence orders to keep something from the person.
fn keeps_from_person(sentence: &Sentence<'_>) -> bool {
    const NOT: &str = "not|never|don't|dont|without|avoid|nicht|nichts|ohne|no|sin|ne|sans|non|senza|não|sem|nunca|jamais|niemals|\
        mai|nada|niente|rien";
    const TELL: &str = "tell|told|mention|inform|informed|reveal|notify|notified|alert|telling|mentioning|informing|sage|sag|erwähne|verrate|\
        informiere|digas|diga|menciones|informes|dis|dites|mentionne|mentionnez|informe|prévenir|informer|dire|\
        menzionare|informare|mencione|avise|avisar|informar|decir|dizer|disclose|erwähnen|sagen|informieren|verraten|melden|\
        mitteilen|comente|comentes|comentar|fale|conte|hables|parle|parlez|mentionner|dites-le|menzioni|informi|informez";
    const PERSON: &str = "user|users|human|person|benutzer|nutzer|anwender|usuario|utilisateur|utente|usuário|utilizador|\
        l'utilisateur|all'utente|l'utente|developer|operator|nutzers|benutzers|usuarios|utilisateurs|maintainer|maintainers|anyone";
    const HIDE: &str = "keep|hide|conceal|withhold";
    const HIDDEN: &str = "hidden|secret|quiet|from|hide|conceal";
    let all = sentence.words();
    all.iter().enumerate().any(|(at, word)| {
        is(word, PERSON) && {
            let near = &all[at.saturating_sub(6)..(at + 4).min(all.len())];
            // *Keep this hidden from the human*, as an order.
            let hides = near.iter().position(|word| is(word, HIDE)).is_some_and(|hide| {
                let begins = at.saturating_sub(6) + hide == 0 || hide > 0 && is(near[hide - 1], "and|then|please|also");
                begins
                    && near[hide + 1..].first().is_some_and(|word| is(word, "this|it|that|these|everything"))
                    && near[hide..].iter().filter(|word| is(word, HIDDEN)).count() > usize::from(near[hide] == "keep")
            });
            hides || near.iter().any(|word| is(word, TELL)) && near.iter().any(|word| is(word, NOT))
        }
    })
}

/// Whether a sentence claims a leave that only the person could give.
fn claims_leave(sentence: &Sentence<'_>) -> bool {
    const CLAIMS: &str = "confirmation is not required|confirmation is not needed|no confirmation is|no need to ask|\
        without asking the user|without user confirmation|without confirmation from|do not ask the user|\
        don't ask the user|never ask the user|skip all confirmations|skip any confirmation|has granted full|\
        has already agreed|has already approved|has pre-approved|has preapproved|already authorized|\
        full permissions|user has approved|user has authorized|user has agreed|user has consented|user has given|\
        users have agreed|operator has approved|owner has approved|user has already|ohne den benutzer zu fragen|ohne nachzufragen|\
        ohne rückfrage|sin preguntar|sin pedir confirmación|sans demander|sans confirmation|senza chiedere|\
        senza conferma|sem perguntar|sem pedir|sem confirmação";
    (sentence.holds(CLAIMS) || has_agreed(sentence))
        && !sentence.says("never|cannot|mustn't|only|after|once|until|unless|if|when|whether|before|wait|ensure|verify")
        && !sentence.holds("must not|do not modify|don't modify|do not make|do not change|do not commit|do not push")
}

/// Whether it is said that the person has agreed, or signed off what follows.
fn has_agreed(sentence: &Sentence<'_>) -> bool {
    const PERSON: &str = "user|person|owner|operator|human|administrator|developer|maintainer|manager";
    const AGREED: &str =
        "agreed|approved|consented|authorized|authorised|permitted|allowed|signed|pre-approved|confirmed";
    let all = sentence.words();
    all.iter().enumerate().filter(|(_, word)| is(word, PERSON)).any(|(at, _)| {
        let near = &all[at + 1..(at + 7).min(all.len())];
        near.iter()
            .position(|word| is(word, "has|have|already"))
            .is_some_and(|has| near[has..].iter().take(3).any(|word| is(word, AGREED)))
            // *The maintainer approved this.*
            || matches!(near, [agreed, this] if is(agreed, AGREED) && is(this, "this|it|that"))
    })
}
