package saas

import (
	"net"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

// Names that look like somebody's and are nobody's. Sources:
//
//	[W]   Windows: "Well-known SIDs" and "Special identities", Microsoft Learn;
//	      the localised names as the editions of Windows show them [INF]
//	[X]   Exchange and Exchange Online: "Recipients", "Managed availability",
//	      Microsoft Learn
//	[E]   Entra Connect: "Accounts and permissions", Microsoft Learn: Sync_ in
//	      the cloud, MSOL_ and AAD_ in the domain, ADSync… on the server
//	[S]   SharePoint: claims and system accounts, Microsoft Learn
//	[G]   Microsoft Graph, cloud discovery: "AnonymousUser" in a sample
//	[INF] what log sources write where they know no user, and common practice
//
// A table holds folded texts. Those of placeholders and built-in accounts are
// compared with whole names, never with parts: Null and Na are surnames too.

// placeholders stand where a log source knows no user [INF], [G].
var placeholders = foldTable(`- -- --- — – ? ?? ??? * . _
	n/a n.a. #n/a n\a none null nil undefined unknown unspecified unauthenticated anonymous anonymoususer blank empty
	(none) (null) (unknown) (empty) unknownuser unknown_user unknown-user no-user no_user nouser anonymous-user anonymous_user
	unbekannt inconnu desconocido desconhecido sconosciuto onbekend okänd ukjent ukendt tuntematon nieznany неизвестно неизвестный
	anonym anonyme anónimo anônimo anonimo 不明 未知 不详 匿名 匿名ユーザー 不明なユーザー 未知用户 알수없음
	\N false #ref! #value! #name? k.a. unresolved redacted deleted`,
	"[object object]", "null null", "undefined undefined", "unresolved user", "deleted user", "removed user", "default user", "unauthenticated user",
	"not found", "not resolved", "not authenticated", "not logged in", "no username", "no name", "user name", "keine angabe", "nicht verfügbar",
	"unbekannter benutzer", "anonymer benutzer", "utilisateur inconnu", "usuario desconocido", "usuário desconhecido", "utente sconosciuto",
	"onbekende gebruiker", "okänd användare", "ukendt bruger", "ukjent bruker", "tuntematon käyttäjä", "nieznany użytkownik", "неизвестный пользователь", "알 수 없음",
	"unknown user", "anonymous user", "no user", "not available", "not applicable", "not set", "not specified", "user unknown", "system idle process")

// surnames are the placeholders that are people's names as well.
var surnames = foldTable("null nil none blank false")

// authorities are what stands before the \ of accounts that Windows makes for
// itself [W].
var authorities = foldTable("", "NT AUTHORITY", "NT-AUTORITÄT", "AUTORITE NT", "AUTORITÉ NT", "AUTORIDADE NT", "AUTORIDAD NT", "AUTORITÀ NT",
	"NT-INSTANS", "NT INSTANS", "NT-MYNDIGHED", "ZARZĄDZANIE NT", "NT-HALLINTA",
	"NT SERVICE", "NT-DIENST", "NT VIRTUAL MACHINE", "NT TASK", "BUILTIN", "VORDEFINIERT", "INTEGRIERT", "IIS APPPOOL", "Window Manager", "Font Driver Host",
	"APPLICATION PACKAGE AUTHORITY", "Virtual Users")

// builtIns are accounts that Windows or its like make for themselves, in the
// languages of its editions [W]; they count with any domain and without one,
// and not as an email address.
var builtIns = foldTable(`SYSTEM LOCALSYSTEM LOCALSERVICE NETWORKSERVICE SISTEMA SYSTÈME СИСТЕМА krbtgt DefaultAccount WDAGUtilityAccount IUSR ASPNET
	Administrator Administrateur Administrador Amministratore Administratör Järjestelmänvalvoja Rendszergazda Администратор
	root daemon nobody www-data loginwindow AZUREADSSOACC HelpAssistant SUPPORT_388945a0 DefaultAppPool SİSTEM rendszer 系统 网络服务 本地服务
	Netzwerkdienst Netværkstjeneste Nettverkstjeneste Nätverkstjänst Verkkopalvelu`,
	"System Account", "On-Premises Directory Synchronization Service Account",
	"Síťová služba", "Místní služba", "Hálózati szolgáltatás", "Helyi szolgáltatás", "AĞ HİZMETİ", "YEREL HİZMET", "Сетевая служба", "Локальная служба",
	"ネットワーク サービス", "ローカル サービス", "네트워크 서비스", "로컬 서비스",
	"LOCAL SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "ANONYMOUS LOGON",
	"Lokales System", "Lokaler Dienst", "ANONYMOUS-ANMELDUNG", "SERVICE LOCAL", "SERVICE RÉSEAU", "Système local", "OUVERTURE DE SESSION ANONYME",
	"SERVICIO LOCAL", "SERVICIO DE RED", "INICIO DE SESIÓN ANÓNIMO", "SERVIZIO LOCALE", "SERVIZIO DI RETE", "ACCESSO ANONIMO",
	"SERVIÇO LOCAL", "SERVIÇO DE REDE", "LOGON ANÔNIMO", "INÍCIO DE SESSÃO ANÓNIMO", "LOKALE SERVICE", "NETWERKSERVICE", "LOKAL TJÄNST",
	"LOKAL TJENESTE", "PAIKALLINEN PALVELU", "USŁUGA LOKALNA", "USŁUGA SIECIOWA", "LOGOWANIE ANONIMOWE")

// servicePrefixes begin the account, before any @, of what isn't a person.
var servicePrefixes = []string{
	"svc-", "svc_", "svc.", "srv-", "srv_", "gmsa-", "gmsa_", "service-account", "service_account", "serviceaccount", // common practice [INF]
	"HealthMailbox", "MicrosoftExchange", // [X]
	"MSOL_", "AAD_", "ADSyncMSA", "ADToAADSyncServiceAccount", // [E]
	"fim_password_service", "ServicePrincipal_", // Entra's own [INF]
}

// servicePatterns do likewise where a prefix alone would catch people: what
// follows one of the prefixes has to match.
var servicePatterns = []struct {
	prefixes []string
	rest     *regexp.Regexp
}{
	{[]string{"Sync_"}, regexp.MustCompile(`(?i)^.+_[0-9a-f]{6,}$`)},                                       // Sync_<server>_<number> [E]
	{[]string{"SystemMailbox", "DiscoverySearchMailbox"}, regexp.MustCompile(`(?i)^\{?[0-9a-f-]{8,}\}?$`)}, // [X]
	{[]string{"FederatedEmail.", "Migration."}, regexp.MustCompile(`(?i)^[0-9a-f-]{20,}$`)},                // [X]
	{[]string{"SM_", "extest_", "CAS_"}, regexp.MustCompile(`(?i)^[0-9a-f]{10,}$`)},                        // [X]
	{[]string{"UMFD-", "DWM-"}, regexp.MustCompile(`^[0-9]+$`)},                                            // font driver, window manager [W]
	{[]string{"IWAM_", "IUSR_"}, regexp.MustCompile(`.`)},                                                  // IIS [W]
	{[]string{"Exchange Online-"}, regexp.MustCompile(`(?i)^ApplicationAccount$`)},                         // [X]
	{[]string{"package_"}, regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f-]{20,}$`)},                         // of a provisioning package [E]
	{[]string{"defaultuser"}, regexp.MustCompile(`^[0-9]+$`)},                                              // of Windows' setup [W]
	{[]string{"krbtgt"}, regexp.MustCompile(`^(_[0-9]+|/.+)$`)},                                            // of read-only domain controllers; the service [W]
	{[]string{"$"}, regexp.MustCompile(`(?i)^([0-9a-f]+|duplicate)-[0-9a-f]+$`)},                           // names that a directory makes up [W]
	{[]string{"NT AUTHORITY", "NT-AUTORITÄT"}, regexp.MustCompile(`^[ /:-]`)},                              // without its \ [INF]
}

// serviceInitials are the letters with which such an account begins, in either
// case: they spare most names the comparisons.
var serviceInitials = func() (out [256]bool) {
	add := func(prefix string) {
		out[strings.ToLower(prefix)[0]], out[strings.ToUpper(prefix)[0]] = true, true
	}
	for _, prefix := range servicePrefixes {
		add(prefix)
	}
	for _, pattern := range servicePatterns {
		for _, prefix := range pattern.prefixes {
			add(prefix)
		}
	}
	return out
}()

// opaques are ids, which tell no username: security ids [W] and GUIDs.
var opaques = regexp.MustCompile(`(?i)^\{?(s-1-[0-9]{1,14}(-[0-9]{1,10})+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$`)

// foldTable makes a table of words and of whole texts.
func foldTable(words string, texts ...string) map[string]bool {
	table := map[string]bool{}
	for _, text := range append(texts, strings.Fields(words)...) {
		table[Fold(text)] = true
	}
	return table
}

// isPlaceholder reports whether a whole name says that there is none.
func isPlaceholder(name string) bool {
	const longest = 32
	if len(name) > longest {
		return false
	}
	folded := Fold(name)
	return placeholders[folded] || placeholders[strings.Trim(folded, `()<>[]{}"'*`)] || !strings.ContainsFunc(name, tellsSomething)
}

// tellsSomething reports whether a character can be part of what tells one
// name from another; "***" and "[]" hold none.
func tellsSomething(r rune) bool {
	return !unicode.IsPunct(r) && !unicode.IsSymbol(r) && !unicode.IsSpace(r) || r == '$'
}

// isMachine knows what is the name or the address of a machine, or of a service
// on it, as Kerberos has them: HTTP/web1.contoso.com@CONTOSO.COM.
func isMachine(id Identity) bool {
	if id.Kind == KindBare && strings.ContainsAny(id.Account, ".:-") {
		_, noIP := netip.ParseAddr(id.Account)
		_, noMAC := net.ParseMAC(id.Account)
		if noIP == nil || noMAC == nil {
			return true
		}
	}
	class, host, ok := strings.Cut(id.Account, "/")
	return ok && (serviceClasses[Fold(class)] || id.Kind == KindEmail && strings.HasSuffix(host, "."+id.Domain))
}

// serviceClasses are services that Kerberos names before a short host name [W].
var serviceClasses = foldTable("host http https cifs ldap dns gc nfs ftp termsrv wsman mssqlsvc krbtgt restrictedkrbhost exchangemdb smtp imap pop kadmin")

// isOpaque reports whether a whole name is an id.
func isOpaque(name string) bool {
	mayBe := len(name) == 36 || len(name) > 5 && strings.IndexByte("sS{", name[0]) >= 0
	return mayBe && opaques.MatchString(name)
}

// isService knows the accounts that Windows, Exchange, SharePoint and Entra
// make for themselves, and the prefixes that administrators give to theirs.
func isService(id Identity) bool {
	account := id.Account
	if account == "" {
		account = id.Raw // "LOCAL SERVICE" has a space and no domain
	}
	if id.Kind != KindEmail {
		folded := Fold(account)
		if builtIns[folded] || authorities[Fold(id.Raw)] || id.Kind == KindDomainUser && isAuthority(id.Domain) {
			return true
		}
	}
	if account == "" || !serviceInitials[account[0]] {
		return false
	}
	for _, prefix := range servicePrefixes {
		if len(account) > len(prefix) && strings.EqualFold(account[:len(prefix)], prefix) {
			return true
		}
	}
	for _, pattern := range servicePatterns {
		for _, prefix := range pattern.prefixes {
			if len(account) > len(prefix) && strings.EqualFold(account[:len(prefix)], prefix) && pattern.rest.MatchString(account[len(prefix):]) {
				return true
			}
		}
	}
	return false
}

// isAuthority knows the domain of Windows' own accounts. No domain of a company
// has a blank in its short name: "NT …" and "… NT" are such in any language.
func isAuthority(domain string) bool {
	folded := Fold(domain)
	return authorities[folded] || strings.HasPrefix(folded, "nt ") || strings.HasSuffix(folded, " nt")
}
