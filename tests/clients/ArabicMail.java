// What a Java program does with Arabic over IMAP: a folder, a message in it, and searches. One line for each, in ASCII.
//
// Arguments: host, port, login, password, then "plain" for the store below, and properties as name=value. The certificate
// is taken as it is.

import com.sun.mail.iap.ProtocolException;
import com.sun.mail.imap.IMAPStore;
import com.sun.mail.imap.protocol.IMAPProtocol;
import java.io.IOException;
import java.util.Properties;
import javax.mail.Flags;
import javax.mail.Folder;
import javax.mail.Message;
import javax.mail.MessagingException;
import javax.mail.Provider;
import javax.mail.Session;
import javax.mail.Store;
import javax.mail.URLName;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;
import javax.mail.search.BodyTerm;
import javax.mail.search.FromStringTerm;
import javax.mail.search.SearchTerm;
import javax.mail.search.SubjectTerm;

public final class ArabicMail {
    static final String FOLDER = "مشاريع المياه";
    static final String SUBJECT = "طلب بيانات الموظفين";
    static final String NAME = "سجل وزارة العدل";
    static final String BODY = "السلام عليكم ورحمة الله";

    /** A store that does not turn UTF8=ACCEPT on. */
    public static final class PlainStore extends IMAPStore {
        public PlainStore(Session session, URLName url) {
            super(session, url, "imaps", true);
        }

        @Override
        protected IMAPProtocol newIMAPProtocol(String host, int port) throws IOException, ProtocolException {
            return new IMAPProtocol(name, host, port, session.getProperties(), isSSL, logger) {
                @Override
                public boolean hasCapability(String capability) {
                    return !capability.equals("UTF8=ACCEPT") && super.hasCapability(capability);
                }
            };
        }
    }

    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.put("mail.imaps.ssl.trust", "*");
        properties.put("mail.imaps.throwsearchexception", "true");
        boolean plain = false;
        for (int at = 4; at < arguments.length; at++) {
            int equals = arguments[at].indexOf('=');
            if (equals < 0) {
                plain = true;
            } else {
                properties.put(arguments[at].substring(0, equals), arguments[at].substring(equals + 1));
            }
        }
        Session session = Session.getInstance(properties);
        if (plain) {
            String name = PlainStore.class.getName();
            session.setProvider(new Provider(Provider.Type.STORE, "imaps", name, "plain", "1"));
        }
        try (Store store = session.getStore("imaps")) {
            store.connect(arguments[0], Integer.parseInt(arguments[1]), arguments[2], arguments[3]);
            Folder folder = store.getFolder(FOLDER);
            say("created", Boolean.toString(folder.create(Folder.HOLDS_MESSAGES)));
            for (Folder each : store.getDefaultFolder().list()) {
                say("folder", each.getFullName());
            }
            folder.appendMessages(new Message[] {message(session)});
            folder.open(Folder.READ_WRITE);
            Message first = folder.getMessage(1);
            say("subject", first.getSubject());
            say("from", ((InternetAddress) first.getFrom()[0]).getPersonal());
            say("body", ((String) first.getContent()).trim());
            search(folder, "search-subject", new SubjectTerm("بيانات"));
            search(folder, "search-from", new FromStringTerm("وزارة"));
            search(folder, "search-body", new BodyTerm("ورحمة"));
            first.setFlags(new Flags("$Work"), true);
            folder.close(false);
        }
    }

    static MimeMessage message(Session session) throws Exception {
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress("registry@moj.gov.example", NAME, "UTF-8"));
        message.setSubject(SUBJECT, "UTF-8");
        message.setText(BODY, "UTF-8");
        message.saveChanges();
        return message;
    }

    static void search(Folder folder, String name, SearchTerm term) {
        try {
            say(name, Integer.toString(folder.search(term).length));
        } catch (MessagingException refused) {
            say(name, "refused: " + refused.getMessage());
        }
    }

    static void say(String name, String value) {
        StringBuilder line = new StringBuilder(name).append(' ');
        for (char each : value.toCharArray()) {
            line.append(each < 128 ? String.valueOf(each) : String.format("\\u%04x", (int) each));
        }
        System.out.println(line);
    }
}
