using System.Net.Http.Headers;
using System.Text;

namespace RadLab.Training;

/// <summary>Who we are for a tracking server; comes from the environment, is written nowhere.</summary>
public sealed class MlflowCredentials
{
    public const string UserVariable = "MLFLOW_TRACKING_USERNAME", PasswordVariable = "MLFLOW_TRACKING_PASSWORD", TokenVariable = "MLFLOW_TRACKING_TOKEN";

    private readonly string? _user, _password, _token;

    /// <exception cref="ArgumentException">One of them cannot stand in a request; the message names its variable, never its value.</exception>
    public MlflowCredentials(string? user, string? password, string? token)
    {
        (_user, _password, _token) = (user, password, token?.Trim());
        if (_user is not null && (_user.Contains(':', StringComparison.Ordinal) || _user.Any(char.IsControl))) throw new ArgumentException($"{UserVariable}: must be one line without a colon; set it anew.");
        if (_password is not null && _password.Any(char.IsControl)) throw new ArgumentException($"{PasswordVariable}: must be one line without control characters; set it anew.");
        if (_token is not null && !_token.All(c => c is > ' ' and <= '~')) throw new ArgumentException($"{TokenVariable}: must be one line of plain letters, digits and signs without blanks; set it anew.");
    }

    /// <inheritdoc cref="MlflowCredentials(string, string, string)" path="/exception"/>
    public static MlflowCredentials FromEnvironment() => From(Environment.GetEnvironmentVariable);

    internal static MlflowCredentials From(Func<string, string?> variable) => new(variable(UserVariable), variable(PasswordVariable), variable(TokenVariable));

    /// <summary>Name and password before the token, as MLflow's own clients do; null: neither is given.</summary>
    internal AuthenticationHeaderValue? Header =>
        !string.IsNullOrEmpty(_user) && !string.IsNullOrEmpty(_password) ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_user}:{_password}")))
        : string.IsNullOrEmpty(_token) ? null : new AuthenticationHeaderValue("Bearer", _token);
}
