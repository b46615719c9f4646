namespace RadLab.Models;

/// <summary>The form of Llama 2 Chat: each question with its answer is a text of its own, from begin to end of text.</summary>
/// <remarks>
/// Its markers are ordinary text to the tokenizer, so a message that contains one could pose as another's turn: it is refused. An answer is
/// followed by a space before the end of text, as in Meta's own form, which the dummy prefix turns into the same ids as encoding it all at once.
/// </remarks>
internal sealed class Llama2Chat : ChatTemplate
{
    private static readonly string[] s_markers = ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"];

    private protected override string Name => "ChatTemplate.Llama2";

    private protected override void Write(ChatWriter writer, IReadOnlyList<ChatMessage> messages)
    {
        bool hasSystem = messages[0].Role == ChatRole.System;
        int first = hasSystem ? 1 : 0;
        for (int i = 0; i < messages.Count; i++)
        {
            foreach (string marker in s_markers)
                if (messages[i].Content.Contains(marker, StringComparison.Ordinal)) throw Refuse(i, $"must not contain {marker}, which is a marker of this form");
        }
        if (messages.Count == first) throw Refuse(0, "is the system's; a question must follow it");
        for (int i = first; i < messages.Count; i++)
        {
            var expected = (i - first) % 2 == 0 ? ChatRole.User : ChatRole.Assistant;
            if (messages[i].Role != expected) throw Refuse(i, $"must be the {(expected == ChatRole.User ? "user's" : "assistant's")}, got {messages[i].Role}");
            string content = messages[i].Content.Trim();
            if (expected == ChatRole.Assistant)
            {
                writer.Text(content + " ", isAnswer: true);
                writer.Eos();
                continue;
            }
            string system = hasSystem && i == first ? $"<<SYS>>\n{messages[0].Content.Trim()}\n<</SYS>>\n\n" : "";
            writer.Bos();
            writer.Text($"[INST] {system}{content} [/INST]");
        }
    }
}
