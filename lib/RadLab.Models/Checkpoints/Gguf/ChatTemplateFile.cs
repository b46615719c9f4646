using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RadLab.Models;

/// <summary>The chat template of a Hugging Face folder, a text in the language Jinja that RadLab hands on without running it.</summary>
internal static class ChatTemplateFile
{
    // more than any reader of GGUF takes for one string
    private const int MaxBytes = 1 << 20;

    /// <summary><c>chat_template.jinja</c>, or <c>chat_template</c> of <c>tokenizer_config.json</c>: a text, or a list of which the one called "default" is taken. Null: none.</summary>
    public static string? Read(string folder)
    {
        string jinja = Path.Combine(folder, "chat_template.jinja"), config = Path.Combine(folder, "tokenizer_config.json");
        if (File.Exists(jinja))
        {
            byte[] utf8 = TokenizerFile.Read(jinja);
            if (!Utf8.IsValid(utf8)) throw TokenizerFile.Fail(jinja, "text", "is not valid UTF-8");
            return Checked(Encoding.UTF8.GetString(utf8), jinja);
        }
        return File.Exists(config) ? Parse(TokenizerFile.Read(config), config) : null;
    }

    internal static string? Parse(byte[] tokenizerConfig, string file)
    {
        var fields = new JsonFields(file);
        using var document = fields.Parse(tokenizerConfig);
        if (!JsonFields.Has(fields.Members(document.RootElement, "tokenizer_config"), "chat_template", out var template)) return null;
        if (template.ValueKind != JsonValueKind.Array) return Checked(fields.Text(template, "chat_template"), file);
        foreach (var item in template.EnumerateArray())
        {
            var members = fields.Members(item, "chat_template");
            if (JsonFields.Has(members, "name", out var name) && fields.Text(name, "chat_template.name") == "default" && JsonFields.Has(members, "template", out var text))
                return Checked(fields.Text(text, "chat_template.template"), file);
        }
        return null;
    }

    private static string Checked(string template, string file) => Encoding.UTF8.GetByteCount(template) <= MaxBytes ? template
        : throw TokenizerFile.Fail(file, "chat_template", $"must have at most {MaxBytes} bytes");
}
