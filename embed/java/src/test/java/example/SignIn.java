package example;

import com.microsoft.aad.msal4j.DeviceCodeFlowParameters;
import com.microsoft.aad.msal4j.HttpRequest;
import com.microsoft.aad.msal4j.IAccount;
import com.microsoft.aad.msal4j.IHttpResponse;
import com.microsoft.aad.msal4j.PublicClientApplication;
import com.microsoft.aad.msal4j.SilentParameters;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import msalextensions.PersistedTokenCache;

/**
 * Signs a user in with msal4j and keeps the tokens in a file. Run it twice: the second time nobody has to sign in. Arguments: cache path, client id.
 * AUTHORITY_URL, if set, is where requests to the public cloud go instead: the local authority of the tests.
 */
public final class SignIn {
    private static final Set<String> SCOPES = Set.of("https://graph.microsoft.com/user.read");

    public static void main(String[] arguments) throws Exception {
        var cache = PersistedTokenCache.builder(Path.of(arguments[0])).build();
        var builder = PublicClientApplication.builder(arguments[1])
            .authority("https://login.microsoftonline.com/organizations")
            .setTokenCacheAccessAspect(cache);
        String local = System.getenv("AUTHORITY_URL");
        if (local != null) builder.httpClient(request -> sendTo(local, request));
        PublicClientApplication app = builder.build();

        Set<IAccount> accounts = app.getAccounts().get();
        for (IAccount account : accounts) {
            var result = app.acquireTokenSilently(SilentParameters.builder(SCOPES, account).build()).get();
            System.out.println("from the cache: " + result.account().username());
        }
        if (accounts.isEmpty()) {
            var flow = DeviceCodeFlowParameters.builder(SCOPES, code -> System.err.println(code.message())).build();
            System.out.println("signed in: " + app.acquireToken(flow).get().account().username());
        }
        System.exit(0); // msal4j's threads need not be waited for.
    }

    private static IHttpResponse sendTo(String authority, HttpRequest request) throws Exception {
        var builder = java.net.http.HttpRequest.newBuilder(URI.create(authority + request.url().getFile()));
        request.headers().forEach(builder::header);
        var body = request.body() == null
            ? java.net.http.HttpRequest.BodyPublishers.noBody()
            : java.net.http.HttpRequest.BodyPublishers.ofString(request.body());
        var sent = builder.method(request.httpMethod().toString(), body).build();
        var response = HttpClient.newHttpClient().send(sent, BodyHandlers.ofString());
        return new Response(response.statusCode(), response.headers().map(), response.body());
    }

    private record Response(int statusCode, Map<String, List<String>> headers, String body) implements IHttpResponse {}
}
