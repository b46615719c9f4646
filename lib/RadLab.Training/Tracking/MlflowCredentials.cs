using System.Net.Http.Headers;
using System.Text;

namespace RadLab.Training;

/// <summary>Who we are for a tracking server; comes from the environment, is written nowhere.</summary>
public sealed class MlflowCredentials(string? user, string? password, string? token)
{
    public const string UserVariable = "MLFLOW_TRACKING_USERNAME", PasswordVariable = "MLFLOW_TRACKING_PASSWORD", TokenVariable = "MLFLOW_TRACKING_TOKEN";

    public static MlflowCredentials FromEnvironment() =>
        new(Environment.GetEnvironmentVariable(UserVariable), Environment.GetEnvironmentVariable(PasswordVariable), Environment.GetEnvironmentVariable(TokenVariable));

    /// <summary>Name and password before the token, as MLflow's own clients do; null: neither is given.</summary>
    internal AuthenticationHeaderValue? Header =>
        !string.IsNullOrEmpty(user) && !string.IsNullOrEmpty(password) ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")))
        : string.IsNullOrEmpty(token) ? null : new AuthenticationHeaderValue("Bearer", token.Trim());
}
