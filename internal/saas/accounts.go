package saas

import (
	"regexp"
	"strings"
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
var placeholders = folds(`- -- --- — – ? ?? ??? * . _
	n/a n.a. #n/a n\a none null nil undefined unknown unspecified unauthenticated anonymous anonymoususer blank empty
	(none) (null) (unknown) (empty) unknownuser unknown_user unknown-user no-user no_user nouser anonymous-user anonymous_user
	unbekannt inconnu desconocido desconhecido sconosciuto onbekend okänd ukjent ukendt tuntematon nieznany неизвестно неизвестный
	anonym anonyme anónimo anônimo anonimo 不明 未知 알수없음`,
	"unknown user", "anonymous user", "no user", "not available", "not applicable", "not set", "not specified", "user unknown", "system idle process")

// authorities are what stands before the \ of accounts that Windows makes for
// itself [W].
var authorities = folds("", "NT AUTHORITY", "NT-AUTORITÄT", "AUTORITE NT", "AUTORITÉ NT", "AUTORIDADE NT", "AUTORIDAD NT", "AUTORITÀ NT",
	"NT-INSTANS", "NT INSTANS", "NT-MYNDIGHED", "ZARZĄDZANIE NT", "NT-HALLINTA",
	"NT SERVICE", "NT-DIENST", "NT VIRTUAL MACHINE", "NT TASK", "BUILTIN", "VORDEFINIERT", "INTEGRIERT", "IIS APPPOOL", "Window Manager", "Font Driver Host",
	"APPLICATION PACKAGE AUTHORITY", "Virtual Users")

// builtIns are accounts that Windows or its like make for themselves, in the
// languages of its editions [W]; they count with any domain and without one,
// and not as an email address.
var builtIns = folds(`SYSTEM LOCALSYSTEM LOCALSERVICE NETWORKSERVICE SISTEMA SYSTÈME СИСТЕМА krbtgt DefaultAccount WDAGUtilityAccount IUSR ASPNET
	Administrator Administrateur Administrador Amministratore Administratör Järjestelmänvalvoja Rendszergazda Администратор
	Netzwerkdienst Netværkstjeneste Nettverkstjeneste Nätverkstjänst Verkkopalvelu`,
	"LOCAL SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "ANONYMOUS LOGON",
	"Lokales System", "Lokaler Dienst", "ANONYMOUS-ANMELDUNG", "SERVICE LOCAL", "SERVICE RÉSEAU", "Système local", "OUVERTURE DE SESSION ANONYME",
	"SERVICIO LOCAL", "SERVICIO DE RED", "INICIO DE SESIÓN ANÓNIMO", "SERVIZIO LOCALE", "SERVIZIO DI RETE", "ACCESSO ANONIMO",
	"SERVIÇO LOCAL", "SERVIÇO DE REDE", "LOGON ANÔNIMO", "INÍCIO DE SESSÃO ANÓNIMO", "LOKALE SERVICE", "NETWERKSERVICE", "LOKAL TJÄNST",
	"LOKAL TJENESTE", "PAIKALLINEN PALVELU", "USŁUGA LOKALNA", "USŁUGA SIECIOWA", "LOGOWANIE ANONIMOWE")

// servicePrefixes begin the account, before any @, of what isn't a person.
var servicePrefixes = []string{
	"svc-", "svc_", "svc.", "srv-", "srv_", // common practice [INF]
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
	{[]string{"NT AUTHORITY", "NT-AUTORITÄT"}, regexp.MustCompile(`^[ /:-]`)},                              // without its \ [INF]
}

// opaques are ids, which tell no username: security ids [W] and GUIDs.
var opaques = regexp.MustCompile(`(?i)^\{?(s-1-[0-9]{1,14}(-[0-9]{1,10})+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$`)

// folds makes a table of words and of whole texts.
func folds(words string, texts ...string) map[string]bool {
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
	return placeholders[folded] || placeholders[strings.Trim(folded, `()<>[]{}"'*`)]
}

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
		if builtIns[folded] || id.Kind == KindDomainUser && isAuthority(id.Domain) {
			return true
		}
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
