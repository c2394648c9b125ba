//! Numbers, and the checks that tell a card's or a person's from any other.

/// A run of digits with single signs between its groups.
pub(super) struct Number {
    pub(super) digits: Vec<u8>,
    /// How many digits each group has, and what stands between them: `4 4 4 4`, `3-2-4`.
    pub(super) shape: String,
    /// How many groups there are.
    pub(super) groups: usize,
    /// Where it ends.
    pub(super) end: usize,
}

impl Number {
    /// Reads a number of at most so many digits; `None` where there are more, or none.
    pub(super) fn read(bytes: &[u8], from: usize, most: usize) -> Option<Self> {
        let mut number = Self { digits: Vec::new(), shape: String::new(), groups: 0, end: from };
        let mut at = from;
        loop {
            let run = bytes[at..].iter().take(most + 1).take_while(|byte| byte.is_ascii_digit()).count();
            if run == 0 {
                break;
            }
            number.digits.extend(bytes[at..at + run].iter().map(|byte| byte - b'0'));
            if number.digits.len() > most {
                return None;
            }
            number.groups += 1;
            number.shape.push_str(&run.to_string());
            at += run;
            number.end = at;
            let signs =
                bytes[at..].iter().take(2).take_while(|byte| matches!(byte, b' ' | b'-' | b'.' | b'(' | b')')).count();
            let sign = &bytes[at..at + signs];
            let joins = matches!(sign, b" " | b"-" | b"." | b")" | b") " | b" (" | b")-");
            if !joins || !bytes.get(at + signs).is_some_and(u8::is_ascii_digit) {
                break;
            }
            number.shape.extend(sign.iter().map(|byte| char::from(*byte)));
            at += signs;
        }
        (!number.digits.is_empty()).then_some(number)
    }

    fn value(&self) -> u64 {
        self.digits.iter().fold(0, |value, digit| value * 10 + u64::from(*digit))
    }

    fn part(&self, from: usize, to: usize) -> u64 {
        self.digits[from..to].iter().fold(0, |value, digit| value * 10 + u64::from(*digit))
    }
}

/// The check of Luhn: payment cards, and some numbers of people.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let doubled = u32::from(*digit) * if at % 2 == 1 { 2 } else { 1 };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether a number is that of a payment card: an issuer's beginning, its length, and the check.
pub(super) fn is_card(number: &Number) -> bool {
    let digits = &number.digits;
    let length = digits.len();
    if !(13..=19).contains(&length) {
        return false;
    }
    let begins = |from: u64, to: u64, count: usize| (from..=to).contains(&number.part(0, count));
    let issuer = (begins(4, 4, 1) && matches!(length, 13 | 16 | 19))
        || ((begins(51, 55, 2) || begins(2221, 2720, 4)) && length == 16)
        || ((begins(34, 34, 2) || begins(37, 37, 2)) && length == 15)
        || ((begins(6011, 6011, 4) || begins(644, 649, 3) || begins(65, 65, 2)) && length == 16)
        || ((begins(300, 305, 3) || begins(36, 36, 2) || begins(38, 39, 2)) && length == 14)
        || (begins(3528, 3589, 4) && length == 16)
        || (begins(62, 62, 2) && length >= 16);
    let alone = number.groups == 1 && length != 13 && length != 19;
    let grouped = matches!(
        number.shape.replace('-', " ").as_str(),
        "4 4 4 4" | "4 6 5" | "4 6 4" | "4 4 4 4 3" | "4 4 4 1" | "6 13"
    );
    let different = digits.iter().any(|digit| *digit != digits[length - 1]);
    issuer && (alone || grouped) && different && luhn(digits)
}

/// Numbers by which states know people.
pub(super) mod national {
    use super::{Number, luhn};

    /// Whether a number is one: by its own form and check, or by its check and its name before it.
    pub(in super::super) fn is(number: &Number, named: &dyn Fn(&[&str]) -> bool) -> bool {
        let shape = number.shape.as_str();
        match number.digits.len() {
            9 => {
                (shape == "3-2-4" && is_ssn(number))
                    || (named(&["ssn", "social security"]) && is_ssn(number))
                    || (named(&["bsn", "burgerservicenummer", "sofinummer"]) && is_bsn(number))
            }
            10 => {
                (matches!(shape, "6-4") && is_date(number, 0) && luhn(&number.digits))
                    || (named(&["nhs"]) && is_nhs(number))
            }
            11 => {
                (shape == "3.3.3-2" && is_cpf(number))
                    || (named(&["cpf"]) && is_cpf(number))
                    || (shape == "2.2.2-3.2" && is_rrn(number))
                    || (named(&["rijksregister", "registre national", "niss", "insz"]) && is_rrn(number))
                    || (named(&["pesel"]) && is_pesel(number))
                    || (named(&["steuer", "idnr", "tax id"]) && is_steuer_id(number))
            }
            12 => (shape == "4 4 4" || named(&["aadhaar", "aadhar", "uidai"])) && is_aadhaar(number),
            15 => (number.groups == 1 || shape == "1 2 2 2 3 3 2") && is_nir(number),
            _ => false,
        }
    }

    /// The end of a number that begins with letters: an Italian or a Spanish one, or a British one.
    pub(in super::super) fn lettered(bytes: &[u8], at: usize) -> Option<usize> {
        let word =
            bytes[at..].iter().take(17).take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).count();
        let text = &bytes[at..at + word];
        let goes_on =
            bytes.get(at + word).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/'));
        let is = match word {
            16 => is_codice(text),
            9 => is_nie(text) || is_nino(text),
            _ => false,
        };
        (is && !goes_on).then_some(at + word)
    }

    /// The end of a Spanish number: eight digits and their letter.
    pub(in super::super) fn ended_by_letter(bytes: &[u8], at: usize, number: &Number) -> Option<usize> {
        let plain = number.groups == 1 && number.digits.len() == 8;
        let behind = at + 8 + usize::from(bytes.get(at + 8) == Some(&b'-'));
        (plain && bytes.get(behind) == Some(&letter(number.value()))).then_some(behind + 1)
    }

    fn letter(value: u64) -> u8 {
        b"TRWAGMYFPDXBNJZSQVHLCKE"[(value % 23) as usize]
    }

    fn is_nie(text: &[u8]) -> bool {
        let first = match text[0] {
            b'X' => 0,
            b'Y' => 1,
            b'Z' => 2,
            _ => return false,
        };
        let digits = &text[1..8];
        digits.iter().all(u8::is_ascii_digit)
            && text[8] == letter(digits.iter().fold(first, |value, byte| value * 10 + u64::from(byte - b'0')))
    }

    /// The British number has no check; its letters are few.
    fn is_nino(text: &[u8]) -> bool {
        let first = |byte: u8| byte.is_ascii_uppercase() && !b"DFIQUV".contains(&byte);
        let second = |byte: u8| first(byte) && byte != b'O';
        let reserved: [&[u8]; 7] = [b"BG", b"GB", b"NK", b"KN", b"TN", b"NT", b"ZZ"];
        first(text[0])
            && second(text[1])
            && !reserved.contains(&&text[..2])
            && text[2..8].iter().all(u8::is_ascii_digit)
            && matches!(text[8], b'A'..=b'D')
    }

    fn is_codice(text: &[u8]) -> bool {
        const ODD: [u32; 26] =
            [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
        let letter = |at: usize| text[at].is_ascii_uppercase();
        let digit = |at: usize| text[at].is_ascii_digit() || b"LMNPQRSTUV".contains(&text[at]);
        let shape = (0..6).all(letter)
            && [6, 7, 9, 10, 12, 13, 14].into_iter().all(digit)
            && b"ABCDEHLMPRST".contains(&text[8])
            && letter(11)
            && letter(15);
        let value = |byte: u8| u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' });
        let sum: u32 =
            (0..15).map(|at| if at % 2 == 0 { ODD[value(text[at]) as usize] } else { value(text[at]) }).sum();
        shape && u32::from(text[15] - b'A') == sum % 26
    }

    fn is_ssn(number: &Number) -> bool {
        let (area, group, serial) = (number.part(0, 3), number.part(3, 5), number.part(5, 9));
        area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
    }

    fn weighted(number: &Number, weights: &[i64]) -> i64 {
        number.digits.iter().zip(weights).map(|(digit, weight)| i64::from(*digit) * weight).sum()
    }

    fn is_bsn(number: &Number) -> bool {
        number.value() > 0 && weighted(number, &[9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0
    }

    fn is_nhs(number: &Number) -> bool {
        number.value() > 0 && (weighted(number, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1])) % 11 == 0
    }

    fn is_cpf(number: &Number) -> bool {
        let check = |count: usize| {
            let weights = (2..=count as i64 + 1).rev();
            let sum: i64 =
                number.digits[..count].iter().zip(weights).map(|(digit, weight)| i64::from(*digit) * weight).sum();
            sum * 10 % 11 % 10 == i64::from(number.digits[count])
        };
        number.digits.iter().any(|digit| *digit != number.digits[0]) && check(9) && check(10)
    }

    fn is_rrn(number: &Number) -> bool {
        let (value, check) = (number.part(0, 9), number.part(9, 11));
        is_date(number, 0) && (97 - value % 97 == check || 97 - (2_000_000_000 + value) % 97 == check)
    }

    fn is_pesel(number: &Number) -> bool {
        number.value() > 0 && weighted(number, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0
    }

    /// ISO 7064, mod 11, 10.
    fn is_steuer_id(number: &Number) -> bool {
        let product = number.digits[..10].iter().fold(10u32, |product, digit| {
            let sum = (u32::from(*digit) + product) % 10;
            (if sum == 0 { 10 } else { sum }) * 2 % 11
        });
        number.digits[0] != 0 && (11 - product) % 10 == u32::from(number.digits[10])
    }

    /// The check of Verhoeff.
    fn is_aadhaar(number: &Number) -> bool {
        const BY: [[u8; 10]; 10] = [
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
            [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
            [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
            [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
            [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
            [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
            [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
            [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
            [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
        ];
        const STEP: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
        let permuted = |digit: u8, times: usize| (0..times).fold(digit, |digit, _| STEP[usize::from(digit)]);
        let check = number
            .digits
            .iter()
            .rev()
            .enumerate()
            .fold(0u8, |check, (at, digit)| BY[usize::from(check)][usize::from(permuted(*digit, at % 8))]);
        number.digits[0] >= 2 && check == 0
    }

    /// The French number, without those of Corsica: sex, year, month, place, order, key.
    fn is_nir(number: &Number) -> bool {
        let month = number.part(3, 5);
        let born = matches!(number.digits[0], 1 | 2) && ((1..=12).contains(&month) || (20..=42).contains(&month));
        let place = (1..=99).contains(&number.part(5, 7)) && number.part(7, 10) > 0 && number.part(10, 13) > 0;
        born && place && 97 - number.part(0, 13) % 97 == number.part(13, 15)
    }

    fn is_date(number: &Number, from: usize) -> bool {
        let (month, day) = (number.part(from + 2, from + 4), number.part(from + 4, from + 6));
        (1..=12).contains(&month) && (1..=31).contains(&day)
    }
}
