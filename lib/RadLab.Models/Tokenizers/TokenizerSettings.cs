using System.Globalization;
using System.Text.Json;

namespace RadLab.Models;

/// <summary>What the small files beside a tokenizer say: <c>tokenizer_config.json</c> (bos_token, eos_token, added_tokens_decoder) and <c>added_tokens.json</c>.</summary>
internal sealed class TokenizerSettings
{
    public string? Bos { get; private set; }

    public string? Eos { get; private set; }

    public List<AddedToken> Added { get; } = [];

    /// <summary>Where <see cref="Added"/> came from, for messages.</summary>
    public string Source { get; private set; } = "added tokens";

    /// <param name="config">The bytes of tokenizer_config.json, or null.</param>
    /// <param name="added">The bytes of added_tokens.json, or null.</param>
    public static TokenizerSettings Parse(byte[]? config, string configFile, byte[]? added, string addedFile)
    {
        var settings = new TokenizerSettings();
        if (config is not null) settings.ReadConfig(config, new JsonFields(configFile));
        if (added is not null) settings.ReadAdded(added, new JsonFields(addedFile));
        return settings;
    }

    private void ReadConfig(byte[] utf8, JsonFields fields)
    {
        Source = fields.File;
        using var document = fields.Parse(utf8);
        var members = fields.Members(document.RootElement, "tokenizer_config");
        Bos = TokenText(fields, members, "bos_token");
        Eos = TokenText(fields, members, "eos_token");
        if (!JsonFields.Has(members, "added_tokens_decoder", out var tokens)) return;
        foreach (var (key, token) in fields.Members(tokens, "added_tokens_decoder"))
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                throw fields.Fail("added_tokens_decoder", $"must have ids as keys, got {CheckpointFormatException.Quote(key)}");
            string field = $"added_tokens_decoder.{CheckpointFormatException.Quote(key)}";
            Added.Add(fields.Added(fields.Members(token, field), id, field));
        }
    }

    private void ReadAdded(byte[] utf8, JsonFields fields)
    {
        Source = fields.File;
        using var document = fields.Parse(utf8);
        foreach (var (content, id) in fields.Members(document.RootElement, "added_tokens"))
            Added.Add(new AddedToken(fields.Id(id, $"added_tokens.{CheckpointFormatException.Quote(content)}"), content));
    }

    // a string, or {"content": "..."}
    private static string? TokenText(JsonFields fields, Dictionary<string, JsonElement> members, string key)
    {
        if (!JsonFields.Has(members, key, out var value)) return null;
        if (value.ValueKind != JsonValueKind.Object) return fields.Text(value, key);
        return JsonFields.Has(fields.Members(value, key), "content", out var content) ? fields.Text(content, $"{key}.content") : throw fields.Fail(key, "must have content");
    }
}
