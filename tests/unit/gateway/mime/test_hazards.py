"""HTML that does more than to be read, in the spellings that mail programs and browsers understand."""

import re

import pytest

from gateway.mime.alternatives import differ
from gateway.mime.hazards import hazards, without_embedded

SCRIPTS = [
    "<script>x</script>", "<SCRIPT src=x>", "<script/x>", "<svg><script>", "<x:script>", "<iframe src='cid:a'>",
    "<object data=x>", "<embed src=x>", "<applet>", "<img src=x onerror=alert(1)>", "<img/src=x/onerror=alert(1)>",
    "<img src='x'onerror =alert(1)>", '<body ONLOAD="x()">', "<a href=javascript:x>", '<a href="java\nscript:x">',
    '<a href=" &#106;avascript&colon;x">', "<a href='jav&#x09;ascript:x'>", "<a href=vbscript:x>",
    "<a href='data:text/html,x'>", "<meta http-equiv=refresh content='0;url=x'>",
    "<meta content=x http-equiv = 're&#102;resh'>", "<div style='width: expression(x)'>", "<!-- <script> -->",
    "<!--><script>", "<a title='<b c=\"'><img title=' onerror=' onload='x()'>", "<svg onload=x>",
    "<animate attributename=href to=javascript:x>", '<a href="j' + "&#0000000097;" * 20 + '">',
    "<!DOCTYPE svg [<!ENTITY x SYSTEM 'y'>]>", "<div style='-moz-binding:url(#x)'>", "<video onplay=x>",
    "<a href=&#" + "0" * 9000 + "106;avascript:x>", "<a href=&#x00000000006a;avascript:x>",
]  # fmt: skip
FORMS = ["<form action=x>", "<input name=pin>", "<BUTTON>", "<textarea>", "<select>"]
REMOTE = [
    "<img src=http://x.example/a.png>", "<img src='https://x.example/a'>", '<img SRC = "//x.example/a">',
    "<img src='\\\\x.example\\a'>", "<img src=file:///c:/a>", "<img src='ht&#116;ps://x'>", "<img src='ht\ntps://x'>",
    "<img srcset='cid:a 1x, https://x 2x'>", "<td background=http://x>", "<video poster=http://x>",
    "<link rel=stylesheet href=http://x>", "<link title='>' href='http://x'>", "<base href=http://x>",
    "<svg><image href='http://x'/>", "<svg><use xlink:href='http://x#a'/>", "<div style='background:url(http://x)'>",
    "<style>@import 'http://x'</style>", "<style>a{background:u\\72l(http://x)}</style>",
    "<style>a{background:\\75 \\72 \\6c (http://x)}</style>", '<p style="background:url(&quot;https://x&quot;)">',
    "<!--[if mso]><img src=http://x><![endif]-->", "<img/src=http://x>", "<img alt=''src=http://x>",
    '<img src="h' + "&#0000000116;" * 40 + '">', "<style>a{background:image-set('http://x' 1x)}</style>",
]  # fmt: skip
HONEST = [
    "<p dir=rtl><b>عاجل</b> السلام عليكم</p>", "<a href='https://moj.gov.example/a?src=http://b'>x</a>",
    "<img src='cid:a@b' alt=logo>", '<img src="data:image/png;base64,AAAA">', "<img src=image001.png>",
    "<link rel=File-List href='cid:filelist.xml@01DB'>",
    "<meta http-equiv=Content-Type content='text/html; charset=utf-8'>",
    '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns="http://www.w3.org/TR/REC-html40">',
    "<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]-->",
    '<!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit" spidmax="1026" /></xml><![endif]-->',
    "<style>@font-face{font-family:Calibri;panose-1:2 15 5 2} @page WordSection1{size:8.5in 11.0in}</style>",
    '<style>@list l0:level1 {mso-level-text:\\F0B7;} p{mso-number-format:"\\@"}</style>',
    "<p>Set one = two; only = once. &lt;script&gt; and &lt;img src=&quot;http://x&quot;&gt; are written so.</p>",
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1.dtd">',
    "<v:imagedata src='cid:image001.png@01DB' o:title='x'/>", "<p class=MsoNormal>C:\\users\\a and http://b.example</p>",
    "<div style='background:url(cid:a)'>", "<a href='mailto:a@b.example'>x</a><a href=#top>y</a>",
]  # fmt: skip


@pytest.mark.parametrize("markup", SCRIPTS)
def test_scripts(markup: str) -> None:
    assert "script" in hazards(markup)


@pytest.mark.parametrize("markup", FORMS)
def test_forms(markup: str) -> None:
    assert hazards(markup) == {"form"}


@pytest.mark.parametrize("markup", REMOTE)
def test_remote_content(markup: str) -> None:
    assert "remote" in hazards(without_embedded(markup))


@pytest.mark.parametrize("markup", HONEST)
def test_what_mail_programs_write_is_harmless(markup: str) -> None:
    assert hazards(without_embedded(markup)) == frozenset()


SAME = [
    (
        "عاجل إلى من يهمه الأمر\nالسلام عليكم",
        "<p dir=rtl><b>عاجل</b> إلى من يهمه الأمر</p><p>السلام عليكم</p>",
    ),
    ("*عاجل* /إلى/ _من_ يهمه", "<b>عاجل</b> <i>إلى</i> <u>من</u> يهمه"),
    ("المبلغ ١٬٢٥٠ ريالاً", "<p>المبلغ 1,250 ريالاً</p>"),
    (" 1. first\n 2. second", "<ol><li>first</li><li>second</li></ol>"),
    ("See here <https://moj.gov.example/a/12345>", "See <a href='https://moj.gov.example/a/12345'>here</a>"),
    ("area 5^2 m", "<p>area 5<sup>2</sup> m</p>"),
    (
        "hello",
        "<html><head><title>Letter 77</title><style>p{top:9px}</style></head><body>hello</body></html>",
    ),
    ("Hello", "<!--[if gte mso 9]><xml><w:View>Normal</w:View><w:Zoom>90</w:Zoom></xml><![endif]-->Hello"),
    ("[cid:image001.png@01DB4567]\nRegards", "<img src='cid:image001.png@01DB4567'>Regards"),
    ("", "<br>"),
    ("> quoted 12\nanswer 13", "<blockquote>quoted 12</blockquote>answer 13"),
]
OTHER = [
    ("Pay 1,000 to A", "<p>Pay 9,000 to A</p>"),
    ("The sum is 1000", "<p>The sum is nothing</p>"),
    ("Approved, 5 million", "<p>Approved, 7 million</p>"),
    ("Your mail program cannot show HTML", "<p>The contract is cancelled at once and for good</p>"),
    ("", "<p>Only HTML says this</p>"),
    ("hello", "<!-->Pay nine thousand now<!-- -->"),
    ("hello", "hello<!--[if mso]><p>Pay nine thousand now to them</p><![endif]-->"),
    ("We agree to the terms of the offer", "<p>We agree</p>"),
]


@pytest.mark.parametrize(("plain", "markup"), SAME)
def test_one_letter_in_two_forms(plain: str, markup: str) -> None:
    assert not differ(plain, markup)


@pytest.mark.parametrize(("plain", "markup"), OTHER)
def test_two_letters_in_one(plain: str, markup: str) -> None:
    assert differ(plain, markup)


# What the common programs make of one HTML text, in their own words and ways.
OUTLOOK = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40"><head>
<meta http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Word 15">
<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);} .shape {behavior:url(#default#VML);}</style><![endif]-->
<style><!-- @font-face {font-family:"Cambria Math"; panose-1:2 4 5 3 5 4 6 3 2 4;}
p.MsoNormal {margin:0in; font-size:11.0pt;} a:link {mso-style-priority:99; color:#0563C1;}
@page WordSection1 {size:8.5in 11.0in; margin:1.0in;} --></style>
<!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit" spidmax="1026" /></xml><![endif]--></head>
<body lang=AR-SA link="#0563C1" dir=RTL><div class=WordSection1><p class=MsoNormal><span lang=AR-SA>السادة وزارة المالية
المحترمون،<o:p></o:p></span></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>نرفق كتابنا رقم ١٢٥
بتاريخ 2026/11/23.</p><table><tr><td>البند</td><td>1,250.00</td></tr></table>
<p class=MsoNormal><img width=120 height=60 src="cid:image001.png@01DC5F00.1A2B3C40" alt="شعار"></p>
<p class=MsoNormal><a href="https://moj.gov.example/letters?id=778899">الرابط</a></p></div></body></html>"""
OUTLOOK_PLAIN = """السادة وزارة المالية المحترمون،

نرفق كتابنا رقم ١٢٥ بتاريخ 2026/11/23.
البند\t1,250.00
[شعار]
الرابط<https://moj.gov.example/letters?id=778899>
"""
GMAIL = """<div dir="rtl"><div>السادة المحترمون</div><div><br></div><div><b>عاجل:</b>
نأمل الرد خلال 3 أيام&nbsp;عمل.</div>
<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Nov 23, 2026 at 10:00 AM A &lt;<a
href="mailto:a@mof.gov.example">a@mof.gov.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote"
style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204)">نص سابق</blockquote></div></div>"""
GMAIL_PLAIN = """السادة المحترمون

*عاجل:* نأمل الرد خلال 3 أيام عمل.

On Mon, Nov 23, 2026 at 10:00 AM A <a@mof.gov.example> wrote:

> نص سابق
"""
APPLE = """<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body
style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">Dear
colleagues,<div><br></div><div>The
meeting is on <b>12 December</b>.</div><div><br></div><ul class="MailOutline"><li>first</li><li>second</li></ul>
<div><img alt="PastedGraphic-1" src="cid:A1B2"></div></body></html>"""
APPLE_PLAIN = "Dear colleagues,\n\nThe meeting is on 12 December.\n\n\u2022 first\n\u2022 second\n\n"


@pytest.mark.parametrize(
    ("plain", "markup"),
    [(OUTLOOK_PLAIN, OUTLOOK), (GMAIL_PLAIN, GMAIL), (APPLE_PLAIN, APPLE)],
    ids=["outlook", "gmail", "apple"],
)
def test_the_pairs_that_common_programs_write_pass(plain: str, markup: str) -> None:
    assert hazards(markup) == frozenset()
    assert not differ(plain, markup)
    numbers = re.compile("[0-9٠-٩]")
    assert differ(numbers.sub("7", plain), markup)
